import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function SignUpPage() {
  const { t } = useTranslation('account')
  return <PageTitle>{t('title')}</PageTitle>
}
