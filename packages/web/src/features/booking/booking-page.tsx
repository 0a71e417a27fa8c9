import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function BookingPage() {
  const { t } = useTranslation('booking')
  return <PageTitle>{t('title')}</PageTitle>
}
