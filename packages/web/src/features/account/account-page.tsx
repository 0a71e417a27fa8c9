import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function AccountPage() {
  const { t } = useTranslation('account')
  return <PageTitle>{t('title')}</PageTitle>
}
