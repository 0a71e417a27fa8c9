import { useTranslation } from 'react-i18next'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { TextLink } from '../../ui/text-link.tsx'

/** Instead of a page whose address lacks its id. */
export function IncompleteLink({ title }: { title: string }) {
  const { t } = useTranslation('waitlist')
  return (
    <>
      <PageTitle>{title}</PageTitle>
      <EmptyState title={t('incomplete.title')} help={t('incomplete.help')}>
        <LinkButton to="/my-waitlist">{t('mine.title')}</LinkButton>
        <TextLink to="/find-waitlist-entry">{t('find.title')}</TextLink>
      </EmptyState>
    </>
  )
}
