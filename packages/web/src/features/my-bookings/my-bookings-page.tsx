import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function MyBookingsPage() {
  const { t } = useTranslation('my-bookings')
  return <PageTitle>{t('title')}</PageTitle>
}
