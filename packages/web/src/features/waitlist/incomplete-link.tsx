import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'

/** Replaces a page whose address lacks its id. */
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
