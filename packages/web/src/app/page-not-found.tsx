import { useTranslation } from 'react-i18next'
import { LinkButton } from '../ui/buttons/link-button.tsx'
import { PageTitle } from '../ui/focus/page-title.tsx'
import { EmptyState } from '../ui/states/empty-state.tsx'

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
