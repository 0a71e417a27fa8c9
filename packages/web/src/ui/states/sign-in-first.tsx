import { Group } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { LinkButton } from '../buttons/link-button.tsx'
import { PageTitle } from '../focus/page-title.tsx'
import { EmptyState } from './empty-state.tsx'

/** Replaces a page for accounts while nobody is signed in; after signing in, the user returns to it. */
export function SignInFirst({ title }: { title: string }) {
  const { t } = useTranslation('shell')
  const to = useRouterState({ select: (state) => state.location.href })
  return (
    <>
      <PageTitle>{title}</PageTitle>
      <EmptyState help={t('signInFirst.help')}>
        <Group gap="sm">
          <LinkButton to="/sign-in" search={{ to }}>
            {t('nav.signIn')}
          </LinkButton>
          <LinkButton to="/sign-up" search={{ to }} variant="default">
            {t('signInFirst.signUp')}
          </LinkButton>
        </Group>
      </EmptyState>
    </>
  )
}
