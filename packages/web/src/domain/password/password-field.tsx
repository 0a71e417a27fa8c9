import { passwordLength } from '@holdfast/vocabulary'
import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A field for a password: the current one, unless `autoComplete` says otherwise. */
export function PasswordField(props: PasswordInputProps) {
  const { t } = useTranslation('account')
  return (
    <PasswordInput
      autoComplete="current-password"
      required
      withAsterisk={false}
      maxLength={passwordLength.max}
      visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
      {...props}
    />
  )
}
