import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageTitle } from '../ui/page-title.tsx'

export function PageNotFound() {
  const { t } = useTranslation('shell')
  return (
    <>
      <PageTitle>{t('notFound.title')}</PageTitle>
      <EmptyState help={t('notFound.help')}>
        <Button component={Link} to="/">
          {t('notFound.home')}
        </Button>
      </EmptyState>
    </>
  )
}
