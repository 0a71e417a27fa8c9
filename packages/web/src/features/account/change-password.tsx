import { Stack, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { toastDone } from '../../ui/toast.ts'
import { type NewPassword, NewPasswordForm } from './new-password-form.tsx'
import { sessionsQuery } from './sessions-query.ts'

/** The part of the account page that changes the password. */
export function ChangePassword() {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const change = useMutation({
    mutationFn: ({ currentPassword, newPassword, endOthers }: NewPassword) =>
      dataOf(api.changePassword({ body: { currentPassword, newPassword, revokeOtherSessions: endOthers } })),
    onSuccess: () => {
      toastDone({ message: t('password.done') })
      return queryClient.invalidateQueries(sessionsQuery)
    },
  })
  return (
    <Stack gap="sm" component="section" aria-labelledby="password">
      <Title order={2} size="h3" id="password">
        {t('password.title')}
      </Title>
      <NewPasswordForm
        current="chosen"
        asksToEndOthers
        isBusy={change.isPending}
        error={change.error}
        onSubmit={async (password) => void (await change.mutateAsync(password))}
      />
    </Stack>
  )
}
