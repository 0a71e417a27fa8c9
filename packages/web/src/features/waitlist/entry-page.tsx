import type { WaitlistEntryWithOffer } from '@holdfast/contract/client'
import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { ticketHash } from '../../domain/bookings/ticket-link.ts'
import { CopyLink } from '../../domain/links/copy-link.tsx'
import { EntryDays } from '../../domain/waitlist/entry-days.tsx'
import { OfferPanel } from '../../domain/waitlist/offer-panel.tsx'
import { PastOffers } from '../../domain/waitlist/past-offers.tsx'
import { entryQuery } from '../../domain/waitlist/waitlist-queries.ts'
import { WaitsFor } from '../../domain/waitlist/waits-for.tsx'
import { formatDate, formatNumber } from '../../lib/i18n/format.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { type SecretLink, secretHash } from '../../lib/secret-links/secret-link.ts'
import { useSecretLink } from '../../lib/secret-links/use-secret-link.ts'
import { useSession } from '../../lib/session/session.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { IncompleteLink } from './incomplete-link.tsx'
import { LeaveWaitlist } from './leave-waitlist.tsx'
import { RenewEntryLink } from './renew-entry-link.tsx'
import { SignInToOpen } from './sign-in-to-open.tsx'

/** One entry: what it waits for, its offer when there is one, and what was offered before. */
export function EntryPage() {
  const { t } = useTranslation('waitlist')
  const link = useSecretLink()
  if (link === null) return <IncompleteLink title={t('title.entry')} />
  return <Entry key={link.id} link={link} />
}

function Entry({ link }: { link: SecretLink }) {
  const { t } = useTranslation('waitlist')
  const session = useSession()
  const { data: entry, error, refetch } = useQuery({ ...entryQuery(link), retry: 1 })
  if (entry === undefined) {
    if (error === null) return <PageLoading />
    return (
      <Stack gap="lg">
        <PageTitle>{t('title.entry')}</PageTitle>
        <SignInToOpen error={error}>
          <ErrorState error={error} retry={() => void refetch()} />
        </SignInToOpen>
      </Stack>
    )
  }
  const isOpen = entry.status === 'waiting' || entry.status === 'offered'
  return (
    <Stack gap="lg">
      {/* Screen readers announce an offer that arrives while the page is open, with the title: it says what it is. */}
      <div role="status">
        <PageTitle>{t(`title.${entry.paused ? 'paused' : entry.status}`)}</PageTitle>
        <Text c="dimmed" maw="42rem">
          {helpOf(entry, t)}
        </Text>
      </div>
      <Offer entry={entry} link={link} onChange={() => void refetch()} />
      <Details entry={entry} />
      {isOpen ? (
        <Group gap="sm">
          {link.manageToken === null ? null : (
            <>
              <CopyLink address={`${window.location.origin}/waitlist-entry#${secretHash(link)}`} />
              <RenewEntryLink link={link} />
            </>
          )}
          <LeaveWaitlist link={link} hasOffer={entry.status === 'offered'} />
        </Group>
      ) : null}
      {isOpen && link.manageToken !== null ? <Text maw="42rem">{t('keepLink')}</Text> : null}
      <PastOffers link={link} clinicId={entry.clinicId} />
      {session.kind === 'account' ? (
        <div>
          <TextLink to="/my-waitlist">{t('mine.title')}</TextLink>
        </div>
      ) : null}
    </Stack>
  )
}

/** What happens next, or why it has ended. */
function helpOf(entry: WaitlistEntryWithOffer, t: TFunction<'waitlist'>): string {
  const { status, endReason, paused, doctorId, to, hasFreeTimes } = entry
  const day = formatDate(to, { day: 'numeric', month: 'long', year: 'numeric' })
  if (paused) return t(doctorId === null ? 'help.pausedSpecialization' : 'help.pausedDoctor', { day })
  if (hasFreeTimes) return t('help.free')
  return status !== 'ended' || endReason === null || endReason === 'accepted'
    ? t(`help.${status}`)
    : t(`ended.${endReason}`)
}

type OfferProps = { entry: WaitlistEntryWithOffer; link: SecretLink; onChange: () => void }

function Offer({ entry, link, onChange }: OfferProps) {
  const { t } = useTranslation('waitlist')
  const { status, offer } = entry
  if (offer === null) return status === 'ended' || entry.hasFreeTimes ? <SeeTimes entry={entry} /> : null
  // A patient who reads the entry by their account has access to its offer by their account.
  const ticket = { bookingId: offer.booking.id, manageToken: link.manageToken === null ? null : offer.manageToken }
  if (status === 'offered') return <OfferPanel booking={offer.booking} link={ticket} onChange={onChange} />
  return (
    <div>
      <LinkButton to="/ticket" hash={ticketHash(ticket)}>
        {t('offer.openTicket')}
      </LinkButton>
    </div>
  )
}

/** The times of the doctor, or of the clinic's doctors with the specialization. */
function SeeTimes({ entry }: { entry: WaitlistEntryWithOffer }) {
  const { doctorId, specialization, visitTypeId, clinicId } = entry
  const { t } = useTranslation('waitlist')
  return (
    <div>
      {doctorId === null ? (
        <LinkButton to="/" search={specialization === null ? { clinicId } : { clinicId, specialization }}>
          {t('seeTimes')}
        </LinkButton>
      ) : (
        <LinkButton
          to="/doctors/$doctorId"
          params={{ doctorId }}
          search={visitTypeId === null ? {} : { visitType: visitTypeId }}
        >
          {t('seeTimes')}
        </LinkButton>
      )}
    </div>
  )
}

function Details({ entry }: { entry: WaitlistEntryWithOffer }) {
  const { t } = useTranslation('waitlist')
  const clinic = useQuery(clinicQuery(entry.clinicId)).data
  return (
    <section className={layoutClasses.panel} aria-label={t('request')}>
      <Text fw={600} size="lg">
        <WaitsFor entry={entry} />
      </Text>
      <Text>
        <bdi>{clinic?.name ?? '\u00a0'}</bdi>
      </Text>
      <Text>
        <EntryDays entry={entry} />
      </Text>
      <Text size="sm" c="dimmed">
        <bdi>{[entry.patient.name, entry.patient.email].filter(Boolean).join(' · ')}</bdi>
      </Text>
      {entry.position === null ? null : (
        <Text fw={600} mt="xs">
          {t('position', { position: formatNumber(entry.position) })}
        </Text>
      )}
    </section>
  )
}
