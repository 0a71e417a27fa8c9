import { Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '../../domain/password/password-field.tsx'
import { refusalCode } from '../../lib/api/api-error.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { secondFactorsQuery } from './second-factors-query.ts'

type ConfirmFormProps = {
  submit: string
  color?: 'red'
  isBusy: boolean
  error: unknown
  /** The text that replaces the usual one of an error; null: the usual one. */
  errorText?: ReactNode
  /** `password` null: it was not needed. */
  onSubmit(password: string | null): void
  children?: ReactNode
}

/** A change that needs the current password unless a second factor was shown a moment ago. */
export function ConfirmForm({ submit, color, isBusy, error, errorText = null, onSubmit, children }: ConfirmFormProps) {
  const { t } = useTranslation('account')
  const factors = useQuery(secondFactorsQuery)
  const [password, setPassword] = useState('')
  const isWrong = refusalCode(error) === 'password_wrong'
  const needsPassword = isWrong || factors.data?.needsPassword !== false
  const confirm = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(needsPassword ? password : null)
  }
  return (
    <form onSubmit={confirm}>
      <Stack gap="md">
        {children}
        {needsPassword ? (
          <PasswordField
            data-autofocus
            label={t('confirmPassword')}
            value={password}
            error={isWrong ? t('password.wrong') : null}
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        ) : null}
        {error === null || isWrong ? null : (errorText ?? <ErrorState error={error} />)}
        <Group>
          <ActionButton type="submit" isBusy={isBusy} {...(color === undefined ? {} : { color })}>
            {submit}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

/** The body of a request with a confirmation. */
export function confirmation(password: string | null): { password?: string } {
  return password === null ? {} : { password }
}
