import type { Proof } from '@holdfast/contract/client'
import { Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumber, ownTimeZone } from '../../lib/i18n/format.ts'
import { proofQuery } from '../../lib/queries/proof-query.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'

/** The promise of the footer with its figures, for everybody. A clinic's admins have a page with the details. */
export function ProofPage() {
  const { t } = useTranslation('proof')
  const proof = useQuery(proofQuery)
  return (
    <Stack gap="lg" maw="44rem">
      <PageTitle>{t('title')}</PageTitle>
      {proof.data === undefined ? <LoadingOrError of={proof} /> : <Figures proof={proof.data} />}
    </Stack>
  )
}

function Figures({ proof: { bookings, overbooked, countedAt } }: { proof: Proof }) {
  const { t } = useTranslation(['proof', 'shell'])
  return (
    <>
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg">
        <Text fz={{ base: '1.5rem', sm: '2rem' }} fw={700} lh={1.2} className="tabular">
          {t('shell:proof.count', {
            count: overbooked,
            overbooked: formatNumber(overbooked),
            bookings: formatNumber(bookings),
          })}
        </Text>
        <Text size="sm" c="dimmed" mt="xs">
          {t('countedAt', { time: formatDayTime(countedAt, ownTimeZone()) })}
        </Text>
      </Paper>
      <Text>{t('how')}</Text>
      <Text>{t('check')}</Text>
    </>
  )
}
