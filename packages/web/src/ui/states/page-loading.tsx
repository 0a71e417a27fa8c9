import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A placeholder while a page's script or data loads. */
export function PageLoading() {
  const { t } = useTranslation('shell')
  return (
    <Stack gap="lg" aria-busy="true">
      <VisuallyHidden role="status">{t('loading')}</VisuallyHidden>
      <Skeleton height={40} width="min(22rem, 80%)" />
      <Skeleton height={20} width="min(34rem, 95%)" />
      <Skeleton height={220} radius="lg" />
      <Skeleton height={220} radius="lg" />
    </Stack>
  )
}
