import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

type SignedInUser = { mustChangePassword?: boolean }

type SecondStepProps = {
  challenge: string
  onSignedIn(user: SignedInUser): void
  /** `isExpired`: the password has to be entered again. */
  onBack(isExpired: boolean): void
}

/** The step after the password: a code from the app, or a recovery code. */
export function SecondStep({ challenge, onSignedIn, onBack }: SecondStepProps) {
  const { t } = useTranslation('account')
  const [isRecovery, setRecovery] = useState(false)
  const [code, setCode] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const signIn = useMutation({
    mutationFn: () => dataOf(api.signInWithCode({ body: { challenge, code: code.trim() } })),
    onSuccess: ({ user }) => onSignedIn(user),
    onError: (error) => {
      if (refusalCode(error) === 'sign_in_expired') onBack(true)
      else input.current?.select()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  const refusal = refusalCode(signIn.error)
  const wrong = t(isRecovery ? 'secondStep.wrongRecovery' : 'secondStep.wrong')
  const isWrong = refusal === 'code_wrong' || refusal === 'invalid_request'
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageTitle>{t('secondStep.title')}</PageTitle>
      <Paper withBorder p="xl" radius="lg">
        <form onSubmit={submit}>
          <Stack gap="md">
            <Text>{t(isRecovery ? 'secondStep.recoveryIntro' : 'secondStep.intro')}</Text>
            <TextInput
              key={String(isRecovery)}
              ref={input}
              autoFocus
              dir="ltr"
              label={t(isRecovery ? 'secondStep.recoveryCode' : 'secondStep.code')}
              autoComplete={isRecovery ? 'off' : 'one-time-code'}
              inputMode={isRecovery ? 'text' : 'numeric'}
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              minLength={6}
              maxLength={isRecovery ? 40 : 7}
              value={code}
              error={isWrong ? wrong : refusal === 'code_used' ? t('secondStep.used') : null}
              onChange={({ currentTarget }) => setCode(currentTarget.value)}
            />
            {signIn.error === null || isWrong || refusal === 'code_used' ? null : <ErrorState error={signIn.error} />}
            <ActionButton type="submit" isBusy={signIn.isPending}>
              {t('secondStep.submit')}
            </ActionButton>
            <Group gap="sm">
              <Button
                variant="default"
                onClick={() => {
                  signIn.reset()
                  setCode('')
                  setRecovery(!isRecovery)
                }}
              >
                {t(isRecovery ? 'secondStep.useApp' : 'secondStep.useRecovery')}
              </Button>
              <Button variant="default" onClick={() => onBack(false)}>
                {t('secondStep.back')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
      <Text c="dimmed">{t('secondStep.lost')}</Text>
    </Stack>
  )
}
