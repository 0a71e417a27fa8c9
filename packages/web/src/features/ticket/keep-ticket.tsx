import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'
import { Button, Group, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { bookingQuery } from '../../lib/booking-query.ts'
import { forgetTicket, storeTicket } from '../../lib/stored-tickets.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { storedTicketQuery } from './stored-ticket-query.ts'

type KeepProps = { booking: Booking; doctor: Doctor; clinic: Clinic; link: TicketLink; isKept: boolean }

/** Stores the ticket on this device, only if the patient wants it, and removes all traces of it. */
export function KeepTicket({ booking, doctor, clinic, link, isKept }: KeepProps) {
  const { t } = useTranslation('ticket')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const { manageToken } = link
  const keep = async () => {
    const isStored = await storeTicket({ booking, doctor, clinic, manageToken })
    await queryClient.invalidateQueries(storedTicketQuery(booking.id))
    if (isStored) toastDone({ message: t('keep.done') })
    else toastFailed({ message: t('keep.failed') })
  }
  const forget = async () => {
    await forgetTicket(booking.id)
    await navigate({ to: '/', replace: true })
    queryClient.removeQueries(storedTicketQuery(booking.id))
    queryClient.removeQueries(bookingQuery(booking.id, manageToken))
    toastDone({ message: t('keep.forgotten') })
  }
  return (
    <section className="no-print" aria-label={t('keep.title')}>
      <Text c="dimmed" maw="44rem">
        {t(isKept ? 'keep.kept' : manageToken === null ? 'keep.helpInAccount' : 'keep.help')}
      </Text>
      <Group gap="sm" mt="sm">
        {isKept ? null : (
          <Button variant="default" onClick={keep}>
            {t('keep.start')}
          </Button>
        )}
        {isKept || manageToken !== null ? (
          <Button variant="default" onClick={forget}>
            {t('keep.forget')}
          </Button>
        ) : null}
      </Group>
    </section>
  )
}
