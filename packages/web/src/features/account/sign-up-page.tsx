import { lengths } from '@holdfast/vocabulary'
import { Paper, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '../../domain/password/password-field.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { afterSignIn } from '../../lib/session/after-sign-in.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { passwordLengthMin } from './new-password-fields.ts'
import { useReturn } from './use-return.ts'

const route = getRouteApi('/sign-up')

/** The sign-up page; the new account is signed in immediately. */
export function SignUpPage() {
  const { t } = useTranslation('account')
  const { way, go } = useReturn(route.useSearch().to)
  const form = useForm({
    initialValues: { name: '', email: '', password: '' },
    validate: {
      password: (password) =>
        password.length < passwordLengthMin ? t('password.tooShort', { count: passwordLengthMin }) : null,
    },
  })
  const signUp = useSignUp(go)
  const submit = form.onSubmit(
    (account) => signUp.mutate(account),
    () => form.getInputNode('password')?.focus(),
  )
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageHead title={t('signUp.title')} intro={t('signUp.intro')} mt={4} />
      <Paper withBorder p="xl" radius="lg">
        <form onSubmit={submit}>
          <Stack gap="md">
            <TextInput
              label={t('name')}
              autoComplete="name"
              required
              withAsterisk={false}
              maxLength={lengths.name}
              {...form.getInputProps('name')}
            />
            <TextInput
              type="email"
              label={t('email')}
              autoComplete="username"
              required
              withAsterisk={false}
              maxLength={lengths.email}
              {...form.getInputProps('email')}
            />
            <PasswordField
              label={t('passwordLabel')}
              description={t('signUp.passwordHelp', { count: passwordLengthMin })}
              autoComplete="new-password"
              {...form.getInputProps('password')}
            />
            {signUp.error === null ? null : refusalCode(signUp.error) === 'unauthenticated' ? (
              <Text role="alert" c="var(--mantine-color-error)">
                {t('signUp.notSignedIn')}
              </Text>
            ) : (
              <ErrorState error={signUp.error} />
            )}
            <ActionButton type="submit" isBusy={signUp.isPending}>
              {t('signUp.submit')}
            </ActionButton>
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

function useSignUp(onDone: () => void) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, email, password }: { name: string; email: string; password: string }) => {
      const credentials = { email: email.trim(), password }
      await dataOf(api.signUp({ body: { name: name.trim(), ...credentials, language: currentLanguage() } }))
      // Refused if the address had an account, with another password: sign-up itself does not reveal that.
      await dataOf(api.signIn({ body: { ...credentials, language: currentLanguage() } }))
    },
    onSuccess: async () => {
      await afterSignIn(queryClient)
      onDone()
    },
  })
}
