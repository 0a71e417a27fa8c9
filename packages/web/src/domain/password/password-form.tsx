import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import { PasswordField } from './password-field.tsx'

type PasswordFormProps = {
  /** The password that was sent is not the current one. */
  isWrong: boolean
  isBusy: boolean
  onClose(): void
  onConfirm(password: string): void
}

/** A dialog with a field for the current password. */
export function PasswordForm({ isWrong, isBusy, onClose, onConfirm }: PasswordFormProps) {
  const { t } = useTranslation('account')
  const [password, setPassword] = useState('')
  const confirm = () => {
    if (password !== '') onConfirm(password)
  }
  return (
    <ConfirmDialog
      title={t('passwordAgain.title')}
      confirm={t('passwordAgain.confirm')}
      isOpen
      isHarmless
      isBusy={isBusy}
      onClose={onClose}
      onConfirm={confirm}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          confirm()
        }}
      >
        <PasswordField
          data-autofocus
          label={t('confirmPassword')}
          description={t('passwordAgain.help')}
          value={password}
          error={isWrong ? t('password.wrong') : null}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
      </form>
    </ConfirmDialog>
  )
}
