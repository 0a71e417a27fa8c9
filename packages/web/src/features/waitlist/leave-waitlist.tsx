import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { authOf, type SecretLink } from '../../lib/secret-links/secret-link.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { showPageTitle } from '../../ui/focus/page-focus.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'

/** Asks first: the place in the order is lost, and an open offer is declined. */
export function LeaveWaitlist({ link, hasOffer }: { link: SecretLink; hasOffer: boolean }) {
  const { t } = useTranslation('waitlist')
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const leaving = useMutation({
    mutationFn: () => dataOf(api.leaveWaitlist({ path: { entryId: link.id }, ...authOf(link) })),
    onSuccess: async () => {
      setAsking(false)
      showPageTitle()
      await queryClient.invalidateQueries({ queryKey: ['waitlist'] })
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('leave.start')}
      </Button>
      <Dialog title={t('leave.title')} isOpen={isAsking} onClose={() => setAsking(false)}>
        <Stack gap="md">
          <Text>{t(hasOffer ? 'leave.helpOffer' : 'leave.help')}</Text>
          {leaving.isError ? <ErrorState error={leaving.error} /> : null}
          <Group gap="sm">
            <ActionButton color="red" isBusy={leaving.isPending} onClick={() => leaving.mutate()}>
              {t('leave.confirm')}
            </ActionButton>
            <ActionButton variant="default" disabled={leaving.isPending} onClick={() => setAsking(false)}>
              {t('leave.back')}
            </ActionButton>
          </Group>
        </Stack>
      </Dialog>
    </>
  )
}
