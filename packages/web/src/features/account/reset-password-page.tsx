import { linkTokenPattern } from '@holdfast/vocabulary'
import { Group, List, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { type NewPassword, NewPasswordForm } from './new-password-form.tsx'

/** The page of a link with which a new password can be chosen once: from an e-mail, or from an administrator. */
export function ResetPasswordPage() {
  const { t } = useTranslation('account')
  const token = useHiddenFragment(linkTokenPattern)
  if (token !== null) return <Reset key={token} token={token} />
  return (
    <>
      <PageTitle>{t('reset.title')}</PageTitle>
      <EmptyState title={t('reset.incomplete')} help={t('reset.incompleteHelp')}>
        <NewLink />
      </EmptyState>
    </>
  )
}

function Reset({ token }: { token: string }) {
  const { t } = useTranslation('account')
  const navigate = useNavigate()
  const reset = useMutation({
    mutationFn: ({ newPassword }: NewPassword) => dataOf(api.resetPassword({ body: { token, newPassword } })),
    onSuccess: async ({ passkeys }) => {
      if (passkeys.length > 0) return
      toastDone({ message: t('password.done') })
      // Going back must not lead to a link that has been used.
      await navigate({ to: '/sign-in', replace: true })
    },
  })
  if (reset.data !== undefined && reset.data.passkeys.length > 0) return <PasskeysLeft names={reset.data.passkeys} />
  // The form would be refused again.
  if (refusalCode(reset.error) === 'link_used') {
    return (
      <Stack gap="lg" maw="28rem" mx="auto">
        <PageTitle>{t('reset.title')}</PageTitle>
        <ErrorState error={reset.error} />
        <Group>
          <NewLink />
        </Group>
      </Stack>
    )
  }
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageHead title={t('reset.title')} intro={t('reset.intro')} mt={4} />
      <NewPasswordForm
        current={null}
        asksToEndOthers={false}
        isBusy={reset.isPending}
        error={reset.error}
        onSubmit={async (password) => void (await reset.mutateAsync(password))}
      />
    </Stack>
  )
}

function NewLink() {
  const { t } = useTranslation('account')
  return (
    <LinkButton to="/forgot-password" replace>
      {t('reset.newLink')}
    </LinkButton>
  )
}

/** Passkeys sign in without the password: a person who resets it because somebody else got in has to look at them. */
function PasskeysLeft({ names }: { names: string[] }) {
  const { t } = useTranslation('account')
  return (
    <Stack gap="lg" maw="28rem" mx="auto">
      <PageTitle>{t('password.done')}</PageTitle>
      <Text>{t('reset.passkeysLeft')}</Text>
      <List>
        {[...new Set(names)].map((name) => (
          <List.Item key={name}>
            <bdi>{name}</bdi>
          </List.Item>
        ))}
      </List>
      <Link className={layoutClasses.link} to="/sign-in" replace>
        {t('reset.toSignIn')}
      </Link>
    </Stack>
  )
}
