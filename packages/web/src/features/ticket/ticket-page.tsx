import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function TicketPage() {
  const { t } = useTranslation('ticket')
  return <PageTitle>{t('title')}</PageTitle>
}
