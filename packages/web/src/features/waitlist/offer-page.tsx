import type { Booking } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useConfirmLink } from '../../domain/bookings/confirm-link.ts'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import { OfferPanel } from '../../domain/waitlist/offer-panel.tsx'
import { awaitMs } from '../../domain/waitlist/waitlist-queries.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { useSecretLink } from '../../lib/secret-links/use-secret-link.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { IncompleteLink } from './incomplete-link.tsx'
import { SignInToOpen } from './sign-in-to-open.tsx'

/** An offer, opened by the link of its mail: accepted or declined with one press. */
export function OfferPage() {
  const { t } = useTranslation('waitlist')
  const byEmail = useConfirmLink()
  const secret = useSecretLink()
  const link = byEmail ?? (secret && { bookingId: secret.id, manageToken: secret.manageToken })
  if (link === null) return <IncompleteLink title={t('offer.label')} />
  return <Offer key={link.bookingId} link={link} confirmationToken={byEmail?.confirmationToken ?? null} />
}

type OfferProps = { link: TicketLink; confirmationToken: string | null }

function Offer({ link, confirmationToken }: OfferProps) {
  const { t } = useTranslation('waitlist')
  const query = bookingQuery(link.bookingId, link.manageToken)
  const { data, error, refetch } = useQuery({ ...query, retry: 1, refetchInterval: awaitMs })
  if (data === undefined) {
    if (error === null) return <PageLoading />
    return (
      <Stack gap="lg" maw="44rem">
        <PageTitle>{t('offer.label')}</PageTitle>
        <SignInToOpen error={error}>
          <ErrorState error={error} retry={() => void refetch()} />
        </SignInToOpen>
      </Stack>
    )
  }
  const state = stateOf(data)
  return (
    <Stack gap="lg" maw="44rem">
      <div>
        <PageTitle>{t(`offer.title.${state}`)}</PageTitle>
        <Text c="dimmed" role="status" maw="42rem">
          {t(`offer.state.${state}`)}
        </Text>
      </div>
      {state === 'open' ? (
        <OfferPanel booking={data} link={link} confirmationToken={confirmationToken} onChange={() => void refetch()} />
      ) : null}
      {state === 'accepted' || state === 'cancelled' ? (
        <div>
          <LinkButton to="/ticket" hash={ticketHash(link)}>
            {t('offer.openTicket')}
          </LinkButton>
        </div>
      ) : null}
    </Stack>
  )
}

/** `cancelled`: after it had been accepted. A hold can be opened here that was no offer. */
function stateOf({ status, failureReason, offer, cancelledBy }: Booking) {
  switch (status) {
    case 'PENDING':
      return 'open'
    case 'CANCELLED':
      if (failureReason !== 'hold_released') return 'cancelled'
      if (offer === 'removed') return 'removed'
      return cancelledBy === 'clinic' ? 'withdrawn' : 'declined'
    case 'FAILED':
      return failureReason === 'slot_withdrawn' || failureReason === 'slot_closed' ? 'withdrawn' : 'lapsed'
    default:
      return 'accepted'
  }
}
