import { Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { afterSignIn } from '../../lib/session/after-sign-in.ts'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { toastDone } from '../../ui/toast.ts'
import { type NewPassword, NewPasswordForm } from './new-password-form.tsx'
import { useReturn } from './use-return.ts'

const route = getRouteApi('/new-password')

/**
 * The page after signing in with a password that somebody else has set, which has to be changed before anything else.
 */
export function NewPasswordPage() {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const { go } = useReturn(route.useSearch().to)
  const change = useMutation({
    mutationFn: ({ currentPassword, newPassword }: NewPassword) =>
      dataOf(api.changePassword({ body: { currentPassword, newPassword, revokeOtherSessions: true } })),
    onSuccess: async () => {
      toastDone({ message: t('password.done') })
      await afterSignIn(queryClient)
      go()
    },
  })
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageHead title={t('newPassword.title')} intro={t('newPassword.intro')} mt={4} />
      <NewPasswordForm
        current="given"
        asksToEndOthers={false}
        isBusy={change.isPending}
        error={change.error}
        onSubmit={async (password) => void (await change.mutateAsync(password))}
      />
    </Stack>
  )
}
