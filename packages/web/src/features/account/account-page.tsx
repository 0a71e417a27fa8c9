import { Group, Paper, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { afterSignOut } from '../../lib/session/after-sign-in.ts'
import { useSession } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'
import { ChangePassword } from './change-password.tsx'
import { EmailSection } from './email-section.tsx'
import { FactorMissing } from './factor-missing.tsx'
import { MessageChoicesSection } from './message-choices.tsx'
import { PasskeysSection } from './passkeys-section.tsx'
import { Sessions } from './sessions.tsx'
import { type OpenedTotp, TotpSection } from './totp-section.tsx'

const route = getRouteApi('/account')

/** The signed-in account: signing out, the e-mail address, messages, the password, and where else it is signed in. */
export function AccountPage() {
  const { t } = useTranslation('account')
  const session = useSession()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [totp, setTotp] = useState<OpenedTotp | null>(null)
  const { to } = route.useSearch()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('title')} session={session} />
  if (session.kind === 'guest') return <SignInFirst title={t('title')} />
  const signOut = async () => {
    setBusy(true)
    setError(null)
    try {
      await dataOf(api.signOut({ body: {} }))
      await navigate({ to: '/' })
      await afterSignOut(queryClient)
    } catch (refusal) {
      setError(refusal)
      setBusy(false)
    }
  }
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t('title')}</PageTitle>
      <FactorMissing to={to} onSetUp={() => setTotp({ kind: 'setUp' })} />
      <Paper withBorder p="xl" radius="lg">
        <Stack gap="md">
          <div>
            <Text fw={600} size="lg">
              {session.me.name}
            </Text>
            <Text c="dimmed">{session.me.email}</Text>
            <Text c="dimmed" size="sm">
              {t('id')} <bdi dir="ltr">{session.me.id}</bdi>
            </Text>
          </div>
          {error === null ? null : <ErrorState error={error} />}
          <Group gap="sm">
            <LinkButton variant="default" to="/my-bookings">
              {t('myBookings')}
            </LinkButton>
            <LinkButton variant="default" to="/account/people">
              {t('people')}
            </LinkButton>
            <LinkButton variant="default" to="/account/data">
              {t('myData')}
            </LinkButton>
            <LinkButton variant="default" to="/account/data-views">
              {t('whoHasSeen')}
            </LinkButton>
            <ActionButton variant="default" isBusy={isBusy} onClick={signOut}>
              {t('signOut')}
            </ActionButton>
          </Group>
        </Stack>
      </Paper>
      <EmailSection />
      <MessageChoicesSection />
      <ChangePassword />
      <TotpSection opened={totp} onOpen={setTotp} />
      <PasskeysSection />
      <Sessions />
    </Stack>
  )
}
