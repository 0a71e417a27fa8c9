import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'
import { Button, Group, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { storedTicketQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { storeTicket } from '../../lib/stored-tickets.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { ForgetTicket } from './forget-ticket.tsx'

type KeepProps = { booking: Booking; doctor: Doctor; clinic: Clinic; link: TicketLink; isKept: boolean }

/** Stores the ticket on this device, only if the patient wants it, and removes all traces of it. */
export function KeepTicket({ booking, doctor, clinic, link, isKept }: KeepProps) {
  const { t } = useTranslation('ticket')
  const queryClient = useQueryClient()
  const { manageToken } = link
  const textRef = useRef<HTMLParagraphElement>(null)
  const keep = async () => {
    const isStored = await storeTicket({ booking, doctor, clinic, manageToken })
    await queryClient.invalidateQueries(storedTicketQuery(booking.id))
    if (isStored) {
      toastDone({ message: t('keep.done') })
      // The button is gone.
      textRef.current?.focus({ preventScroll: true })
    } else toastFailed({ message: t('keep.failed') })
  }
  return (
    <section className="no-print" aria-label={t('keep.title')}>
      <Text c="dimmed" maw="44rem" tabIndex={-1} ref={textRef}>
        {t(isKept ? 'keep.kept' : manageToken === null ? 'keep.helpInAccount' : 'keep.help')}
      </Text>
      <Group gap="sm" mt="sm">
        {isKept ? null : (
          <Button variant="default" onClick={keep}>
            {t('keep.start')}
          </Button>
        )}
        {isKept || manageToken !== null ? <ForgetTicket link={link} isKept={isKept} /> : null}
      </Group>
    </section>
  )
}
