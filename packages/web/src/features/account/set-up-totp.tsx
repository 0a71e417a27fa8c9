import type { NewTotp } from '@holdfast/contract/client'
import { Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { useRefreshFactors } from './second-factors-query.ts'

/** The steps of setting up an authenticator app: the password, then the app's first code. */
export function SetUpTotp({ onConfirmed }: { onConfirmed(recoveryCodes: string[]): void }) {
  const { t } = useTranslation('account')
  const begin = useMutation({
    mutationFn: (password: string | null) => dataOf(api.beginTotp({ body: confirmation(password) })),
  })
  if (begin.data !== undefined) return <FirstCode totp={begin.data} onConfirmed={onConfirmed} />
  return (
    <ConfirmForm submit={t('passkeys.continue')} isBusy={begin.isPending} error={begin.error} onSubmit={begin.mutate}>
      <Text>{t('totp.intro')}</Text>
    </ConfirmForm>
  )
}

function FirstCode({ totp, onConfirmed }: { totp: NewTotp; onConfirmed(recoveryCodes: string[]): void }) {
  const { t } = useTranslation('account')
  const refresh = useRefreshFactors()
  const [code, setCode] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const confirm = useMutation({
    mutationFn: () => dataOf(api.confirmTotp({ body: { code: code.replaceAll(/\s/g, '') } })),
    onSuccess: async ({ recoveryCodes }) => {
      onConfirmed(recoveryCodes)
      await refresh()
    },
    onError: () => input.current?.select(),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  const refusal = refusalCode(confirm.error)
  const isWrong = refusal === 'code_wrong' || refusal === 'invalid_request'
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text>{t('totp.scan')}</Text>
        <Group justify="center">
          <QrCode text={totp.uri} label={t('totp.qrCode')} />
        </Group>
        <div>
          <Text size="sm" fw={600}>
            {t('totp.secret')}
          </Text>
          <Code block dir="ltr" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
            {totp.secret.replaceAll(/.{4}(?=.)/g, '$& ')}
          </Code>
        </div>
        <TextInput
          ref={input}
          autoFocus
          dir="ltr"
          label={t('totp.code')}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          withAsterisk={false}
          minLength={6}
          maxLength={7}
          value={code}
          error={isWrong ? t('secondStep.wrong') : refusal === 'code_used' ? t('secondStep.used') : null}
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
        />
        {confirm.error === null || isWrong || refusal === 'code_used' ? null : <ErrorState error={confirm.error} />}
        <Text size="sm" c="dimmed">
          {t('totp.othersEnd')}
        </Text>
        <Group>
          <ActionButton type="submit" isBusy={confirm.isPending}>
            {t('totp.confirm')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
