import { referenceOf } from '@holdfast/vocabulary'
import { Stack, Text } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { ForgetTicket } from './forget-ticket.tsx'

type NotOpenedProps = { link: TicketLink; error: unknown; retry: () => void; isKept: boolean }

/** Why a ticket cannot be shown, and what to do. One that is kept on this device can be forgotten here too. */
export function TicketNotOpened({ link, error, retry, isKept }: NotOpenedProps) {
  const { t } = useTranslation('ticket')
  const code = refusalCode(error)
  const isAddressAlone = link.manageToken === null && code === 'unauthenticated'
  return (
    <Stack gap="lg" align="flex-start">
      <PageTitle>{t('title')}</PageTitle>
      {isAddressAlone ? <AddressAlone bookingId={link.bookingId} /> : <ErrorState error={error} retry={retry} />}
      {code === 'booking_not_found' ? <Text maw="44rem">{t('voidLink')}</Text> : null}
      {isAddressAlone ? null : <TextLink to="/find-booking">{t('findBooking')}</TextLink>}
      {isKept ? <ForgetTicket link={link} isKept /> : null}
    </Stack>
  )
}

/** The address names the booking, but has no token, and nobody is signed in. */
function AddressAlone({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation(['ticket', 'shell'])
  const to = useRouterState({ select: ({ location }) => location.href })
  const reference = referenceOf(bookingId)
  return (
    <EmptyState
      title={t('addressAlone.title')}
      help={t('addressAlone.help', { reference: `\u2068${reference}\u2069` })}
    >
      <LinkButton to="/find-booking" search={{ reference }}>
        {t('addressAlone.send')}
      </LinkButton>
      <Text maw="40rem" c="dimmed">
        {t('addressAlone.account')}
      </Text>
      <LinkButton to="/sign-in" search={{ to }} variant="default">
        {t('shell:nav.signIn')}
      </LinkButton>
    </EmptyState>
  )
}
