import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../ui/page-title.tsx'

export function DoctorsPage() {
  const { t } = useTranslation('doctors')
  return <PageTitle>{t('title')}</PageTitle>
}
