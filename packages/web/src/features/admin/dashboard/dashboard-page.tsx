import type { ClinicStats } from '@holdfast/contract/client'
import { addDays, daysBetween, yearDaysMax } from '@holdfast/vocabulary'
import { Group, SegmentedControl, Stack } from '@mantine/core'
import { keepPreviousData, queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber, formatShare } from '../../../lib/i18n/format.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import { parseDay } from '../../../lib/time/local-time.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { LiveNote } from '../../../ui/live-note.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../../ui/states/page-loading.tsx'
import adminClasses from '../admin.module.css'
import { NewestEvents } from '../shared/booking/newest-events.tsx'
import { dashboardEvents } from '../shared/booking/newest-events-query.ts'
import { RequestsNotice } from '../shared/booking/requests-notice.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './dashboard.module.css'
import { FiguresTable } from './figures-table.tsx'
import { FirstSteps, useFirstSteps } from './first-steps.tsx'
import { StatsCharts } from './stats-charts.tsx'

const route = getRouteApi('/clinic/$clinicId/')
/** The clinic's current figures, and its latest changes. */
export function DashboardPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, today } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [view, setView] = useState('charts')
  const from = search.from ?? addDays(today, -13)
  const to = search.to ?? addDays(today, 14)
  const isRange = from <= to && daysBetween(from, to) <= yearDaysMax
  const stats = useQuery({ ...statsQuery(clinicId, from, to), enabled: isRange, placeholderData: keepPreviousData })
  const { isRead: areStepsRead, isDone, hide, linkCopied } = useFirstSteps()
  const live = useLiveClinic(
    clinicId,
    doctors.map(({ id }) => id),
  )
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <PageTitle>{t('tabs.dashboard')}</PageTitle>
        <LiveNote state={live} of={stats} />
      </Group>
      <RequestsNotice />
      {areStepsRead ? (
        <>
          {isDone === null ? null : <FirstSteps isDone={isDone} hide={hide} linkCopied={linkCopied} />}
          <Group justify="space-between" align="end">
            <Range
              from={from}
              to={to}
              isRight={isRange}
              onChange={(next) => navigate({ search: next, resetScroll: false })}
            />
            <SegmentedControl
              aria-label={t('dashboard.view')}
              value={view}
              onChange={setView}
              data={[
                { value: 'charts', label: t('dashboard.charts') },
                { value: 'table', label: t('dashboard.table') },
              ]}
            />
          </Group>
          <Stats stats={stats} view={view} />
          <NewestEvents limit={dashboardEvents} />
        </>
      ) : (
        <PageLoading />
      )}
    </Stack>
  )
}

function Stats({ stats, view }: { stats: UseQueryResult<ClinicStats>; view: string }) {
  if (stats.data === undefined) return <LoadingOrError of={stats} />
  return (
    <>
      <Figures stats={stats.data} />
      {!hasFigures(stats.data) ? (
        <NoFigures />
      ) : view === 'charts' ? (
        <StatsCharts stats={stats.data} />
      ) : (
        <FiguresTable stats={stats.data} />
      )}
    </>
  )
}

/** Whether there is anything to draw: charts of zeros look broken. */
function hasFigures({ days }: ClinicStats): boolean {
  return days.some(({ capacity, bookings }) => capacity > 0 || Object.values(bookings).some((count) => count > 0))
}

function NoFigures() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors } = useClinic()
  if (doctors.length === 0) return <NoDoctors />
  return (
    <EmptyState title={t('dashboard.none')} help={t('dashboard.noneHelp')}>
      <LinkButton variant="default" to="/clinic/$clinicId/times" params={{ clinicId }} search={{}}>
        {t('steps.times.action')}
      </LinkButton>
    </EmptyState>
  )
}

type RangeProps = {
  from: string
  to: string
  isRight: boolean
  onChange: (range: { from: string; to: string }) => void
}

function Range({ from, to, isRight, onChange }: RangeProps) {
  const { t } = useTranslation('admin')
  return (
    <div className={classes.range}>
      <DateField
        label={t('filter.from')}
        value={from}
        onChange={(value) => {
          const day = parseDay(value)
          if (day !== null) onChange({ from: day, to: to < day ? day : to })
        }}
      />
      <DateField
        label={t('filter.to')}
        value={to}
        error={isRight ? null : t('filter.rangeInvalid', { count: yearDaysMax })}
        onChange={(value) => {
          const day = parseDay(value)
          if (day !== null) onChange({ from: from > day ? day : from, to: day })
        }}
      />
    </div>
  )
}

/** The five key figures of a clinic. */
function Figures({ stats }: { stats: ClinicStats }) {
  const { t } = useTranslation('admin')
  const { totals } = stats
  const booked = totals.PENDING + totals.CONFIRMED + totals.ARRIVED + totals.COMPLETED + totals.NO_SHOW
  const share = (value: number | null) => (value === null ? '–' : formatShare(value))
  const figures = [
    { label: t('figures.bookings'), value: formatNumber(booked) },
    { label: t('figures.utilisation'), value: share(stats.utilisation) },
    { label: t('figures.lapseRate'), value: share(stats.lapseRate) },
    { label: t('figures.noShowRate'), value: share(stats.noShowRate) },
    { label: t('figures.leadTime'), value: leadTime(stats.leadTimeHoursMedian) },
  ]
  return (
    <dl className={adminClasses.figures}>
      {figures.map(({ label, value }) => (
        <div key={label} className={adminClasses.figure}>
          <dt>{label}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Hours up to two days, then days. */
function leadTime(hours: number | null): string {
  if (hours === null) return '–'
  const unit = hours < 48 ? 'hour' : 'day'
  const value = hours < 48 ? hours : hours / 24
  return formatNumber(value, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: value < 10 ? 1 : 0 })
}

/** The figures of the local days from `from` to `to`, both included. */
function statsQuery(clinicId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'stats', from, to],
    queryFn: (): Promise<ClinicStats> => dataOf(api.getClinicStats({ path: { clinicId }, query: { from, to } })),
    refetchInterval: rereadMs,
  })
}
