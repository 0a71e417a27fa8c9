import { Checkbox, Paper, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '../../domain/password/password-field.tsx'
import { refusalCode } from '../../lib/api/api-error.ts'
import { submitValid } from '../../lib/submit-valid.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { newPasswordErrors, passwordLengthMin } from './new-password-fields.ts'

export type NewPassword = { currentPassword: string; newPassword: string; endOthers: boolean }

type NewPasswordFormProps = {
  /** The current password: the person's own, or one that somebody else has given; null: it is not required. */
  current: 'chosen' | 'given' | null
  /** Whether the other sessions can be left as they are. */
  asksToEndOthers: boolean
  isBusy: boolean
  error: unknown
  onSubmit(password: NewPassword): Promise<void>
}

/** The fields for a new password, its repetition and, unless a link replaces it, the current one. */
export function NewPasswordForm({ current, asksToEndOthers, isBusy, error, onSubmit }: NewPasswordFormProps) {
  const { t } = useTranslation('account')
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', repeated: '', endOthers: true },
    validate: (values) => {
      const errors = newPasswordErrors(values)
      const unchanged = current === 'given' ? 'newPassword.unchanged' : 'password.unchanged'
      return {
        newPassword:
          errors.newPassword === 'password.unchanged'
            ? t(unchanged)
            : errors.newPassword && t(errors.newPassword, { count: passwordLengthMin }),
        repeated: errors.repeated === null ? null : t(errors.repeated),
      }
    },
  })
  const submit = submitValid(
    form,
    (values) =>
      void onSubmit(values).then(form.reset, (refusal: unknown) => {
        if (refusalCode(refusal) === 'password_wrong') form.getInputNode('currentPassword')?.focus()
      }),
  )
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg" component="form" onSubmit={submit}>
      <Stack gap="md" maw="28rem">
        {current === null ? null : (
          <PasswordField
            label={t(current === 'given' ? 'newPassword.given' : 'password.current')}
            {...form.getInputProps('currentPassword')}
          />
        )}
        <PasswordField
          label={t('password.new')}
          description={t('signUp.passwordHelp', { count: passwordLengthMin })}
          autoComplete="new-password"
          {...form.getInputProps('newPassword')}
        />
        <PasswordField label={t('password.repeat')} autoComplete="new-password" {...form.getInputProps('repeated')} />
        {asksToEndOthers ? (
          <Checkbox label={t('password.endOthers')} {...form.getInputProps('endOthers', { type: 'checkbox' })} />
        ) : null}
        {error === null ? null : refusalCode(error) === 'password_wrong' ? (
          <Text role="alert" c="var(--mantine-color-error)">
            {t('password.wrong')}
          </Text>
        ) : (
          <ErrorState error={error} />
        )}
        <ActionButton type="submit" isBusy={isBusy} style={{ alignSelf: 'flex-start' }}>
          {t('password.submit')}
        </ActionButton>
      </Stack>
    </Paper>
  )
}
