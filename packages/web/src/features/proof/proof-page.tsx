import { Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumber, ownTimeZone } from '../../lib/format.ts'
import { proofQuery } from '../../lib/proof-query.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'

/** The promise of the footer with its figures, for everybody. A clinic's admins have a page with the details. */
export function ProofPage() {
  const { t } = useTranslation('shell')
  const { data, error, refetch } = useQuery(proofQuery)
  if (data === undefined) {
    return error === null ? <PageLoading /> : <ErrorState error={error} retry={() => void refetch()} />
  }
  const { bookings, overbooked, countedAt } = data
  return (
    <Stack gap="lg" maw="44rem">
      <PageTitle>{t('proof.title')}</PageTitle>
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg">
        <Text fz={{ base: '1.5rem', sm: '2rem' }} fw={700} lh={1.2} className="tabular">
          {t('proof.count', {
            count: overbooked,
            overbooked: formatNumber(overbooked),
            bookings: formatNumber(bookings),
          })}
        </Text>
        <Text size="sm" c="dimmed" mt="xs">
          {t('proof.countedAt', { time: formatDayTime(countedAt, ownTimeZone()) })}
        </Text>
      </Paper>
      <Text>{t('proof.how')}</Text>
      <Text>{t('proof.check')}</Text>
    </Stack>
  )
}
