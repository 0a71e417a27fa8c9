import { lengths } from '@holdfast/vocabulary'
import { Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

/** Sends a link to choose a new password, without saying whether the address has an account. */
export function ForgotPasswordPage() {
  const { t } = useTranslation('account')
  const [email, setEmail] = useState('')
  const asking = useMutation({
    mutationFn: () => dataOf(api.requestPasswordReset({ body: { email: email.trim(), language: currentLanguage() } })),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    asking.mutate()
  }
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageHead title={t('forgot.title')} intro={t('forgot.intro')} mt={4} />
      <Paper withBorder p="xl" radius="lg">
        {asking.isSuccess ? (
          <Text role="status">{t('forgot.done', { email: email.trim() })}</Text>
        ) : (
          <form onSubmit={submit}>
            <Stack gap="md">
              <TextInput
                type="email"
                label={t('email')}
                autoComplete="username"
                required
                withAsterisk={false}
                maxLength={lengths.email}
                value={email}
                onChange={({ currentTarget }) => setEmail(currentTarget.value)}
              />
              {asking.isError ? <ErrorState error={asking.error} /> : null}
              <ActionButton type="submit" isBusy={asking.isPending}>
                {t('forgot.submit')}
              </ActionButton>
            </Stack>
          </form>
        )}
      </Paper>
      <TextLink to="/sign-in">{t('forgot.back')}</TextLink>
    </Stack>
  )
}
