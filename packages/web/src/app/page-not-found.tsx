import { useTranslation } from 'react-i18next'
import { EmptyState } from '../ui/empty-state.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { PageTitle } from '../ui/page-title.tsx'

export function PageNotFound() {
  const { t } = useTranslation('shell')
  return (
    <>
      <PageTitle>{t('notFound.title')}</PageTitle>
      <EmptyState help={t('notFound.help')}>
        <LinkButton to="/">{t('notFound.home')}</LinkButton>
      </EmptyState>
    </>
  )
}
