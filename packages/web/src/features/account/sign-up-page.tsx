import { Button, Paper, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../lib/api.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { TextLink } from '../../ui/text-link.tsx'
import { afterSignIn } from './after-sign-in.ts'
import { useReturn } from './use-return.ts'

const route = getRouteApi('/sign-up')
const passwordLengthMin = 10

/** The sign-up page; the new account is signed in immediately. */
export function SignUpPage() {
  const { t } = useTranslation('account')
  const { way, go } = useReturn(route.useSearch().to)
  const queryClient = useQueryClient()
  const [fields, setFields] = useState({ name: '', email: '', password: '' })
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const isShort = fields.password.length < passwordLengthMin
  const change = (part: Partial<typeof fields>) => setFields({ ...fields, ...part })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (isShort) {
      document.getElementById('sign-up-password')?.focus()
      return
    }
    setBusy(true)
    setError(null)
    try {
      const body = { name: fields.name.trim(), email: fields.email.trim(), password: fields.password }
      await ask(api.signUp({ body }))
      await afterSignIn(queryClient)
      go()
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <div>
        <PageTitle>{t('signUp.title')}</PageTitle>
        <Text c="dimmed" mt={4}>
          {t('signUp.intro')}
        </Text>
      </div>
      <Paper withBorder p="xl" radius="lg">
        <form onSubmit={submit}>
          <Stack gap="md">
            <TextInput
              label={t('name')}
              autoComplete="name"
              required
              withAsterisk={false}
              maxLength={200}
              value={fields.name}
              onChange={({ currentTarget }) => change({ name: currentTarget.value })}
            />
            <TextInput
              type="email"
              label={t('email')}
              autoComplete="username"
              required
              withAsterisk={false}
              maxLength={254}
              value={fields.email}
              onChange={({ currentTarget }) => change({ email: currentTarget.value })}
            />
            <PasswordInput
              id="sign-up-password"
              label={t('password')}
              description={t('signUp.passwordHelp', { count: passwordLengthMin })}
              autoComplete="new-password"
              required
              withAsterisk={false}
              maxLength={128}
              visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
              value={fields.password}
              onChange={({ currentTarget }) => change({ password: currentTarget.value })}
              error={isTried && isShort ? t('signUp.passwordTooShort', { count: passwordLengthMin }) : null}
            />
            {error === null ? null : <ErrorState error={error} />}
            <Button type="submit" loading={isBusy}>
              {t('signUp.submit')}
            </Button>
          </Stack>
        </form>
      </Paper>
      <Text>
        {t('signUp.haveAccount')}{' '}
        <TextLink to="/sign-in" {...way}>
          {t('signIn.submit')}
        </TextLink>
      </Text>
    </Stack>
  )
}
