import { passwordLength } from '@holdfast/vocabulary'
import { PasswordInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { refusalCode } from '../../../lib/api/api-error.ts'

type PasswordAgainProps = {
  /** Of the last request. */
  error: Error | null
  /** The last request had a password. */
  wasSent: boolean
  value: string
  onChange(password: string): void
}

/** The current password, as soon as the server asks for it: ten minutes after somebody signed in. */
export function PasswordAgain({ error, wasSent, value, onChange }: PasswordAgainProps) {
  const { t } = useTranslation(['account', 'admin'])
  const isAsked = refusalCode(error) === 'password_wrong'
  if (!isAsked && value === '') return null
  return (
    <PasswordInput
      data-autofocus
      label={t('confirmPassword')}
      description={t('admin:apiKeys.passwordHelp')}
      autoComplete="current-password"
      required
      withAsterisk={false}
      maxLength={passwordLength.max}
      visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
      value={value}
      error={isAsked && wasSent ? t('password.wrong') : null}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

/** An error that the field does not show. */
export function errorBesidePassword(error: Error | null): Error | null {
  return refusalCode(error) === 'password_wrong' ? null : error
}
