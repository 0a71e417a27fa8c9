import type { VerifyReport } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber, formatTime } from '../../../lib/i18n/format.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LiveNote } from '../../../ui/live-note.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import adminClasses from '../admin.module.css'
import { NewestEvents } from '../shared/booking/newest-events.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './proof.module.css'

/** Verifies every slot, booking and event of the clinic, repeatedly while the page is open. */
export function ProofPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const queryClient = useQueryClient()
  const proof = useQuery(proofQuery(clinicId))
  const live = useLiveClinic(
    clinicId,
    doctors.map(({ id }) => id),
  )
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <PageTitle>{t('tabs.proof')}</PageTitle>
        <LiveNote state={live} of={proof} />
      </Group>
      <Text maw="44rem">{t('proof.intro')}</Text>
      {proof.data === undefined ? (
        <LoadingOrError of={proof} />
      ) : (
        <>
          <Verdict report={proof.data.report} />
          <Counted report={proof.data.report} />
          <Group>
            <ActionButton
              variant="default"
              isBusy={proof.isFetching}
              onClick={() => void queryClient.invalidateQueries({ queryKey: proofQuery(clinicId).queryKey })}
            >
              {t('proof.again')}
            </ActionButton>
            <Text size="sm" c="dimmed" className="tabular">
              {t('proof.checkedAt', {
                time: formatTime(proof.dataUpdatedAt, timeZone),
                took: formatNumber(proof.data.tookMs / 1000, {
                  style: 'unit',
                  unit: 'second',
                  maximumFractionDigits: 2,
                }),
              })}
            </Text>
          </Group>
          {proof.isError ? <ErrorState error={proof.error} /> : null}
          <Findings report={proof.data.report} />
        </>
      )}
      <NewestEvents limit={12} />
    </Stack>
  )
}

function Verdict({ report }: { report: VerifyReport }) {
  const { t } = useTranslation('admin')
  const isWrong = report.overbooked > 0 || report.mismatches > 0
  return (
    <div className={classes.verdict} data-wrong={isWrong || undefined} role="status">
      <strong className="tabular">{formatNumber(report.overbooked)}</strong>
      <div>
        <Text fw={600} size="lg">
          {t('proof.overbooked')}
        </Text>
        <Text c="dimmed">{t(isWrong ? 'proof.inconsistent' : 'proof.consistent')}</Text>
      </div>
    </div>
  )
}

function Counted({ report }: { report: VerifyReport }) {
  const { t } = useTranslation('admin')
  const counts = [
    { label: t('proof.slots'), value: report.slots },
    { label: t('proof.bookings'), value: report.bookings },
    { label: t('proof.events'), value: report.events },
    { label: t('proof.mismatches'), value: report.mismatches },
  ]
  return (
    <dl className={adminClasses.figures}>
      {counts.map(({ label, value }) => (
        <div key={label} className={adminClasses.figure}>
          <dt>{label}</dt>
          <dd className="tabular">{formatNumber(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function Findings({ report }: { report: VerifyReport }) {
  const { t } = useTranslation('admin')
  if (report.details.length === 0) return null
  return (
    <section className={layoutClasses.panel} aria-labelledby="findings">
      <Title order={2} size="h3" mb="sm" id="findings">
        {t('proof.findings')}
      </Title>
      <ul className={layoutClasses.scrollList}>
        {report.details.map(({ kind, slotId, bookingId, message }) => (
          <li key={`${kind} ${slotId} ${bookingId} ${message}`}>{message}</li>
        ))}
      </ul>
    </section>
  )
}

type Proof = { report: VerifyReport; tookMs: number }

/** Recounts everything, every five seconds or less often: verification takes at most a tenth of the time. */
function proofQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['proof', clinicId],
    queryFn: async (): Promise<Proof> => {
      const startedAt = performance.now()
      const report = await dataOf(api.verifyClinic({ path: { clinicId } }))
      return { report, tookMs: performance.now() - startedAt }
    },
    refetchInterval: ({ state }) => Math.max(5_000, 10 * (state.data?.tookMs ?? 0)),
    staleTime: 0,
  })
}
