import type { InvitationOffer, Me } from '@holdfast/contract/client'
import { Group, Paper, Stack, Text } from '@mantine/core'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatDayTime, ownTimeZone } from '../../lib/i18n/format.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { afterSignOut } from '../../lib/session/after-sign-in.ts'
import { meQuery, useSession } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { toastDone } from '../../ui/toast.ts'

const tokenPattern = /^[A-Za-z0-9_-]{64}$/

/** The page of an invitation's link: what it offers, and the button that accepts it. */
export function InvitationPage() {
  const { t } = useTranslation('invitation')
  const token = useHiddenFragment(tokenPattern)
  if (token !== null) return <Invitation key={token} token={token} />
  return (
    <>
      <PageTitle>{t('title')}</PageTitle>
      <EmptyState title={t('incomplete.title')} help={t('incomplete.help')} />
    </>
  )
}

function Invitation({ token }: { token: string }) {
  const { t } = useTranslation('invitation')
  const session = useSession()
  const isKnown = session.kind === 'guest' || session.kind === 'account'
  const accountId = session.kind === 'account' ? session.me.id : null
  const offer = useQuery({ ...invitationQuery(token, accountId), enabled: isKnown })
  if (session.kind === 'failed') return <SessionFailed title={t('title')} session={session} />
  if (offer.isError) {
    return (
      <Stack gap="lg">
        <PageTitle>{t('title')}</PageTitle>
        <ErrorState error={offer.error} retry={() => void offer.refetch()} />
      </Stack>
    )
  }
  if (offer.data === undefined || session.kind === 'unknown') return <PageLoading />
  const { clinicName } = offer.data
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t('heading', { clinic: clinicName })}</PageTitle>
      <Paper withBorder p="xl" radius="lg">
        <Stack gap="md">
          <Offer offer={offer.data} />
          {session.kind === 'guest' ? (
            <SignIn token={token} offer={offer.data} />
          ) : (
            <Accept key={session.me.id} token={token} offer={offer.data} me={session.me} />
          )}
        </Stack>
      </Paper>
    </Stack>
  )
}

function Offer({ offer: { role, doctorName, expiresAt } }: { offer: InvitationOffer }) {
  const { t } = useTranslation('invitation')
  return (
    <div>
      <Text size="lg" fw={600}>
        {t(`role.${role}`, { doctor: doctorName })}
      </Text>
      <Text>{t(`roleHelp.${role}`)}</Text>
      <Text c="dimmed" size="sm">
        {t('validUntil', { time: formatDayTime(expiresAt, ownTimeZone()) })}
      </Text>
    </div>
  )
}

/** The token is passed to the sign-in page and back in the state of the tab's history, which no address shows. */
function SignIn({ token, offer }: { token: string; offer: InvitationOffer }) {
  const { t } = useTranslation('invitation')
  const back = { search: { to: '/invitation' }, state: { fragment: token } }
  return (
    <>
      <Text>{offer.needsConfirmedEmail ? t('signInWithAddress', { email: offer.email }) : t('signInHelp')}</Text>
      <Group gap="sm">
        <LinkButton to="/sign-in" {...back}>
          {t('signIn')}
        </LinkButton>
        <LinkButton to="/sign-up" {...back} variant="default">
          {t('signUp')}
        </LinkButton>
      </Group>
    </>
  )
}

function Accept({ token, offer, me }: { token: string; offer: InvitationOffer; me: Me }) {
  const { t } = useTranslation('invitation')
  const { email, callersEmail, needsConfirmedEmail } = offer
  return (
    <>
      <Text>{t('signedInAs', { name: me.name, email: me.email })}</Text>
      {needsConfirmedEmail && callersEmail === 'other' ? (
        <Text c="var(--mantine-color-error)">{t('onlyFor', { email })}</Text>
      ) : needsConfirmedEmail && callersEmail === 'unconfirmed' ? (
        <ConfirmFirst />
      ) : (
        <>
          {callersEmail === 'other' ? <Text c="var(--mantine-color-error)">{t('forOther', { email })}</Text> : null}
          <AcceptButton token={token} clinicName={offer.clinicName} />
        </>
      )}
      <OtherAccount />
    </>
  )
}

function AcceptButton({ token, clinicName }: { token: string; clinicName: string }) {
  const { t } = useTranslation('invitation')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const accept = useMutation({
    mutationFn: () => dataOf(api.acceptInvitation({ body: { token } })),
    onSuccess: async ({ clinicId, role }) => {
      // The page that comes next is only for the new role.
      await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })
      toastDone({ message: t('accepted', { clinic: clinicName }) })
      // Going back must not lead to a link that has been used.
      if (role === 'doctor') await navigate({ to: '/my-day', replace: true })
      else await navigate({ to: '/clinic/$clinicId', params: { clinicId }, replace: true })
    },
  })
  return (
    <>
      {accept.isError ? <ErrorState error={accept.error} /> : null}
      <Group>
        <ActionButton isBusy={accept.isPending} onClick={() => accept.mutate()}>
          {t('accept')}
        </ActionButton>
      </Group>
    </>
  )
}

/** The e-mail's link opens another tab; this page reads the invitation again when its tab is shown. */
function ConfirmFirst() {
  const { t } = useTranslation('invitation')
  const sending = useMutation({
    mutationFn: () => dataOf(api.sendVerificationEmail({ body: { language: currentLanguage() } })),
  })
  return (
    <>
      <Text>{t('confirmFirst')}</Text>
      {sending.isError ? <ErrorState error={sending.error} /> : null}
      {sending.isSuccess ? (
        <Text role="status">{t('confirmSent')}</Text>
      ) : (
        <Group>
          <ActionButton isBusy={sending.isPending} onClick={() => sending.mutate()}>
            {t('sendAgain')}
          </ActionButton>
        </Group>
      )}
    </>
  )
}

/** Signs out, and stays here, where the buttons to sign in or up appear. */
function OtherAccount() {
  const { t } = useTranslation('invitation')
  const queryClient = useQueryClient()
  const leave = useMutation({
    mutationFn: () => dataOf(api.signOut({ body: {} })),
    onSuccess: () => afterSignOut(queryClient),
  })
  return (
    <>
      {leave.isError ? <ErrorState error={leave.error} /> : null}
      <Group>
        <ActionButton variant="default" isBusy={leave.isPending} onClick={() => leave.mutate()}>
          {t('otherAccount')}
        </ActionButton>
      </Group>
    </>
  )
}

/** What the token of an invitation offers, and whether this account (null: a guest) has the invited address. */
function invitationQuery(token: string, accountId: string | null) {
  return queryOptions({
    queryKey: ['invitation', token, accountId],
    queryFn: () => dataOf(api.getInvitation({ body: { token } })),
    // Read again whenever the tab is shown: the address may have been confirmed in another.
    staleTime: 0,
  })
}
