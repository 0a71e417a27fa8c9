import { linkTokenPattern } from '@holdfast/vocabulary'
import { Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { meQuery, useSession } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { toastDone } from '../../ui/toast.ts'
import { emailQuery } from './email-query.ts'

/**
 * The page of the link that confirms an e-mail address. Opening it changes nothing, because programs that check mails
 * open every link; and the account has to be signed in, because a stranger may have signed up with the address.
 */
export function ConfirmEmailPage() {
  const { t } = useTranslation('account')
  const token = useHiddenFragment(linkTokenPattern)
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('confirmEmail.title')} session={session} />
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t('confirmEmail.title')}</PageTitle>
      {token === null ? (
        <EmptyState title={t('reset.incomplete')} help={t('confirmEmail.incompleteHelp')}>
          <LinkButton to="/account">{t('confirmEmail.toAccount')}</LinkButton>
        </EmptyState>
      ) : session.kind === 'guest' ? (
        <EmptyState help={t('confirmEmail.signInFirst')}>
          <LinkButton to="/sign-in" search={{ to: '/confirm-email' }} state={{ fragment: token }}>
            {t('signIn.submit')}
          </LinkButton>
        </EmptyState>
      ) : (
        <Confirm key={token} token={token} name={session.me.name} />
      )}
    </Stack>
  )
}

function Confirm({ token, name }: { token: string; name: string }) {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const confirm = useMutation({
    mutationFn: () => dataOf(api.verifyEmail({ body: { token } })),
    onSuccess: async ({ email }) => {
      await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })
      await queryClient.invalidateQueries(emailQuery)
      toastDone({ message: t('confirmEmail.done', { email }) })
      // Going back must not lead to a link that has been used.
      await navigate({ to: '/account', replace: true })
    },
  })
  return (
    <>
      <Text>{t('confirmEmail.help', { name })}</Text>
      {confirm.isError ? <ErrorState error={confirm.error} /> : null}
      <Group gap="sm">
        <ActionButton isBusy={confirm.isPending} onClick={() => confirm.mutate()}>
          {t('confirmEmail.submit')}
        </ActionButton>
        <LinkButton to="/account" variant="default">
          {t('confirmEmail.toAccount')}
        </LinkButton>
      </Group>
    </>
  )
}
