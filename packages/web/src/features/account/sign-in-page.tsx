import type { SecondStep as SecondStepResponse, SignedIn } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Divider, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '../../domain/password/password-field.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { afterSignIn } from '../../lib/session/after-sign-in.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { signInWithPasskey } from './passkey-ceremony.ts'
import { PasskeyErrorText } from './passkey-error-text.tsx'
import { SecondStep } from './second-step.tsx'
import { usePasskeyAutofill } from './use-passkey-autofill.ts'
import { useReturn } from './use-return.ts'

const route = getRouteApi('/sign-in')

/**
 * The sign-in page; afterwards it returns to the page that required it. Its two fields need no validation, and
 * @mantine/form would add 5.7 KB to the first load.
 */
export function SignInPage() {
  const { t } = useTranslation('account')
  const { way, go } = useReturn(route.useSearch().to)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [challenge, setChallenge] = useState<string | null>(null)
  const [isExpired, setExpired] = useState(false)
  const finish = async (user: { mustChangePassword?: boolean }) => {
    if (user.mustChangePassword) {
      await navigate({ to: '/new-password', ...way })
      return
    }
    await afterSignIn(queryClient)
    go()
  }
  const signIn = useMutation({
    mutationFn: () => dataOf(api.signIn({ body: { email: email.trim(), password, language: currentLanguage() } })),
    onSuccess: (signedIn) =>
      needsCode(signedIn) ? setChallenge(signedIn.secondStep.challenge) : finish(signedIn.user),
  })
  const withPasskey = useMutation({ mutationFn: () => signInWithPasskey(), onSuccess: ({ user }) => finish(user) })
  const isWaiting = challenge === null && !withPasskey.isPending && !signIn.isPending
  const autofill = usePasskeyAutofill(isWaiting, ({ user }) => void finish(user))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setExpired(false)
    signIn.mutate()
  }
  if (challenge !== null) {
    const back = (hasExpired: boolean) => {
      setChallenge(null)
      setPassword('')
      setExpired(hasExpired)
      signIn.reset()
    }
    return <SecondStep challenge={challenge} onSignedIn={(user) => void finish(user)} onBack={back} />
  }
  const code = refusalCode(signIn.error)
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageTitle>{t('signIn.title')}</PageTitle>
      <Paper withBorder p="xl" radius="lg">
        <form onSubmit={submit}>
          <Stack gap="md">
            <TextInput
              type="email"
              label={t('email')}
              autoComplete="username webauthn"
              required
              withAsterisk={false}
              maxLength={lengths.email}
              value={email}
              onChange={({ currentTarget }) => setEmail(currentTarget.value)}
            />
            <PasswordField
              label={t('passwordLabel')}
              value={password}
              onChange={({ currentTarget }) => setPassword(currentTarget.value)}
            />
            {signIn.error === null ? null : code === 'unauthenticated' || code === 'invalid_request' ? (
              <Text role="alert" c="var(--mantine-color-error)">
                {t('signIn.invalid')}
              </Text>
            ) : (
              <ErrorState error={signIn.error} />
            )}
            {isExpired ? <Text role="alert">{t('secondStep.expired')}</Text> : null}
            <ActionButton type="submit" isBusy={signIn.isPending}>
              {t('signIn.submit')}
            </ActionButton>
          </Stack>
        </form>
        <Divider my="md" label={t('or')} />
        <Stack gap="md">
          <ActionButton variant="default" isBusy={withPasskey.isPending} onClick={() => withPasskey.mutate()}>
            {t('passkeySignIn')}
          </ActionButton>
          <PasskeyErrorText error={withPasskey.error ?? autofill.error} whenCancelled="passkeys.cancelled" />
        </Stack>
      </Paper>
      <TextLink to="/forgot-password">{t('signIn.forgot')}</TextLink>
      <Text>
        {t('signIn.noAccount')}{' '}
        <TextLink to="/sign-up" {...way}>
          {t('signIn.signUp')}
        </TextLink>
      </Text>
    </Stack>
  )
}

function needsCode(response: SignedIn | SecondStepResponse): response is SecondStepResponse {
  return 'secondStep' in response
}
