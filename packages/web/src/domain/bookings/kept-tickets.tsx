import type { Booking } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isFinal, refusalCode } from '../../lib/api/api-error.ts'
import { formatAppointment, formatDayTime, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import type { StoredTicket } from '../../lib/stored-tickets.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { toastDone } from '../../ui/toast.ts'
import { ownStatusLabel } from './status-label.ts'
import { storedTicketsQuery, useForgetTicket } from './stored-ticket-queries.ts'

const rereadMs = 30_000

/**
 * The tickets that are kept on this device, each with its status and with buttons to open and to forget it. Empty:
 * nothing is shown.
 */
export function KeptTickets() {
  const { t } = useTranslation('ticket')
  const { data: tickets = [] } = useQuery(storedTicketsQuery)
  if (tickets.length === 0) return null
  return (
    <Stack gap="md" mt="lg" component="section" aria-labelledby="kept-tickets">
      <Title order={2} size="h3" id="kept-tickets">
        {t('keptTickets.title')}
      </Title>
      <Stack component="ul" gap="md" m={0} p={0} maw="52rem" style={{ listStyle: 'none' }}>
        {tickets.map((ticket) => (
          <KeptTicket key={ticket.booking.id} ticket={ticket} />
        ))}
      </Stack>
    </Stack>
  )
}

function KeptTicket({ ticket }: { ticket: StoredTicket }) {
  const { t } = useTranslation('ticket')
  const forgetTicket = useForgetTicket()
  const { clinic, manageToken } = ticket
  const current = useQuery({
    ...bookingQuery(ticket.booking.id, manageToken),
    retry: 1,
    refetchInterval: ({ state }) => (isFinal(state.error) ? false : rereadMs),
  })
  const booking = current.data ?? ticket.booking
  const doctor = useQuery({ ...doctorQuery(booking.doctorId), enabled: booking.doctorId !== ticket.doctor.id }).data
  const when = formatAppointment(booking.startsAt, booking.endsAt, clinic.timezone)
  const forget = async () => {
    await forgetTicket({ bookingId: booking.id, manageToken })
    toastDone({ message: t('keep.forgotten') })
  }
  return (
    <Paper component="li" withBorder p="lg" radius="lg">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Title order={3} size="h4" className="tabular">
          {when}
        </Title>
        <KeptStatus booking={current.data} />
      </Group>
      <Text size="sm" c="dimmed">
        {formatZone(booking.startsAt, clinic.timezone)}
      </Text>
      <Text mt="sm">
        <bdi>{(doctor ?? ticket.doctor).name}</bdi> · <bdi>{clinic.name}</bdi>
      </Text>
      <Text size="sm">
        {t('reference')} <bdi className="tabular">{referenceOf(booking.id)}</bdi>
      </Text>
      <Text size="sm" role="status" c="dimmed">
        <KeptFailure error={current.error} ticket={ticket} />
      </Text>
      <Group gap="sm" mt="md">
        <LinkButton size="sm" to="/ticket" hash={booking.id} aria-label={t('keptTickets.openOne', { when })}>
          {t('keptTickets.open')}
        </LinkButton>
        <Button size="sm" variant="default" aria-label={t('keptTickets.forgetOne', { when })} onClick={forget}>
          {t('keep.forget')}
        </Button>
      </Group>
    </Paper>
  )
}

/** @param booking undefined: the server has not said what it is now */
function KeptStatus({ booking }: { booking: Booking | undefined }) {
  const { t } = useTranslation(['ticket', 'shell'])
  if (booking === undefined) return null
  const { status, endsAt } = booking
  const isComing = status === 'CONFIRMED' || status === 'PENDING' || status === 'ARRIVED'
  const isPast = isComing && Date.parse(endsAt) < serverNow()
  return (
    <Badge variant={isComing && !isPast ? 'filled' : 'default'} tt="none">
      {isPast ? t('keptTickets.past') : t(`shell:${ownStatusLabel(booking)}`)}
    </Badge>
  )
}

/** Why the server has not said what the booking is now. */
function KeptFailure({ error, ticket }: { error: Error | null; ticket: StoredTicket }) {
  const { t } = useTranslation('ticket')
  if (error === null) return null
  const code = refusalCode(error)
  if (code === 'booking_not_found') return `${t('keptTickets.void')} ${t('voidLink')}`
  const time = formatDayTime(ticket.keptAt, ownTimeZone())
  return t(code === 'unauthenticated' ? 'keptTickets.signedOut' : 'keptTickets.unreachable', { time })
}
