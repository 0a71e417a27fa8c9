import { linkTokenPattern } from '@holdfast/vocabulary'
import { Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { meQuery } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

/** The page of the link that was sent to the earlier address of an account. Its button takes the change back. */
export function UndoEmailPage() {
  const { t } = useTranslation('account')
  const token = useHiddenFragment(linkTokenPattern)
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t('undoEmail.title')}</PageTitle>
      {token === null ? (
        <EmptyState title={t('reset.incomplete')} help={t('undoEmail.incompleteHelp')}>
          <LinkButton to="/account">{t('confirmEmail.toAccount')}</LinkButton>
        </EmptyState>
      ) : (
        <Undo key={token} token={token} />
      )}
    </Stack>
  )
}

function Undo({ token }: { token: string }) {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const undo = useMutation({
    mutationFn: () => dataOf(api.undoEmailChange({ body: { token } })),
    // This browser may have been signed in, too.
    onSuccess: () => queryClient.invalidateQueries(meQuery),
  })
  if (undo.isSuccess) {
    return (
      <>
        <Text role="status">{t('undoEmail.done')}</Text>
        <Group>
          <LinkButton to="/forgot-password" replace>
            {t('reset.title')}
          </LinkButton>
        </Group>
      </>
    )
  }
  return (
    <>
      <Text>{t('undoEmail.help')}</Text>
      {undo.isError ? <ErrorState error={undo.error} /> : null}
      <Group>
        <ActionButton isBusy={undo.isPending} onClick={() => undo.mutate()}>
          {t('undoEmail.submit')}
        </ActionButton>
      </Group>
    </>
  )
}
