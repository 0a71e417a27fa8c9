import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatAppointment, formatZone } from '../../lib/format.ts'
import type { StoredTicket } from '../../lib/stored-tickets.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { toastDone } from '../../ui/toast.ts'
import { storedTicketsQuery, useForgetTicket } from './stored-ticket-queries.ts'
import { referenceOf } from './ticket-link.ts'

/** The tickets that are kept on this device, each with buttons to open and to forget it. Empty: nothing is shown. */
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

function KeptTicket({ ticket: { booking, doctor, clinic, manageToken } }: { ticket: StoredTicket }) {
  const { t } = useTranslation('ticket')
  const forgetTicket = useForgetTicket()
  const when = formatAppointment(booking.startsAt, booking.endsAt, clinic.timezone)
  const forget = async () => {
    await forgetTicket({ bookingId: booking.id, manageToken })
    toastDone({ message: t('keep.forgotten') })
  }
  return (
    <Paper component="li" withBorder p="lg" radius="lg">
      <Title order={3} size="h4" className="tabular">
        {when}
      </Title>
      <Text size="sm" c="dimmed">
        {formatZone(booking.startsAt, clinic.timezone)}
      </Text>
      <Text mt="sm">
        <bdi>{doctor.name}</bdi> · <bdi>{clinic.name}</bdi>
      </Text>
      <Text size="sm">
        {t('reference')} <bdi className="tabular">{referenceOf(booking.id)}</bdi>
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
