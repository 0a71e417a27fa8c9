import { Text } from '@mantine/core'
import { useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalCode } from '../../lib/api/api-error.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'

/** The address has no token, and nobody is signed in; or another error: `children`. */
export function SignInToOpen({ error, children }: { error: unknown; children: ReactNode }) {
  const { t } = useTranslation(['waitlist', 'shell'])
  const to = useRouterState({ select: ({ location }) => location.href })
  if (refusalCode(error) !== 'unauthenticated') return children
  return (
    <EmptyState title={t('addressAlone.title')} help={t('addressAlone.help')}>
      <Text maw="40rem" c="dimmed">
        {t('addressAlone.account')}
      </Text>
      <LinkButton to="/sign-in" search={{ to }} variant="default">
        {t('shell:nav.signIn')}
      </LinkButton>
    </EmptyState>
  )
}
