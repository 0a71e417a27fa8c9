import { addDays, daysBetween, yearDaysMax } from '@holdfast/vocabulary'
import { Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CsvLinks } from '../../../domain/exports/csv-links.tsx'
import { formatDate } from '../../../lib/i18n/format.ts'
import { parseDay } from '../../../lib/time/local-time.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { WholeNumber } from '../setup/whole-number.tsx'
import { reportQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { CancellationReasons } from './cancellation-reasons.tsx'
import { FigureDefinitions } from './figure-definitions.tsx'
import { ReportCharts } from './report-charts.tsx'
import { ReportTable } from './report-table.tsx'
import { ReportTotals } from './report-totals.tsx'

const route = getRouteApi('/clinic/$clinicId/theatre/report')
const graceMinutesFirst = 5
const graceMinutesMax = 60

/** The theatre's figures: in all, and by room, service, surgeon and day. */
export function ReportPage() {
  const { t } = useTranslation('theatre')
  const { clinicId, today } = useTheatre()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [grace, setGrace] = useState<number | string>(graceMinutesFirst)
  /** The last one within the limits. */
  const [graceMinutes, setGraceMinutes] = useState(graceMinutesFirst)
  const changeGrace = (value: number | string) => {
    setGrace(value)
    if (value !== '' && Number(value) >= 0 && Number(value) <= graceMinutesMax) setGraceMinutes(Number(value))
  }
  const from = search.from ?? addDays(today, -27)
  const to = search.to ?? today
  const isRange = from <= to && daysBetween(from, to) <= yearDaysMax
  const read = useQuery({ ...reportQuery(clinicId, from, to, graceMinutes), enabled: isRange })
  const show = (next: { from: string; to: string }) => void navigate({ search: next, resetScroll: false })
  return (
    <Stack gap="lg">
      <PageTitle>{t('tabs.report')}</PageTitle>
      <div className={layoutClasses.shortFields}>
        <DateField
          label={t('report.from')}
          value={from}
          onChange={(value) => {
            const day = parseDay(value)
            if (day !== null) show({ from: day, to: to < day ? day : to })
          }}
        />
        <DateField
          label={t('report.to')}
          value={to}
          error={isRange ? null : t('report.rangeInvalid')}
          onChange={(value) => {
            const day = parseDay(value)
            if (day !== null) show({ from: from > day ? day : from, to: day })
          }}
        />
        <WholeNumber label={t('report.grace')} min={0} max={graceMinutesMax} value={grace} onChange={changeGrace} />
      </div>
      {read.data === undefined ? (
        <LoadingOrError of={read} />
      ) : (
        <>
          <ReportTotals figures={read.data.total} />
          <ReportCharts report={read.data} />
          <CancellationReasons figures={read.data.total} />
          <Group justify="flex-end">
            <CsvLinks path={`/api/v1/clinics/${clinicId}/theatre/report.csv`} filters={{ from, to, graceMinutes }} />
          </Group>
          <ReportTable title={t('report.byRoom')} groups={read.data.byRoom} />
          <ReportTable title={t('report.byService')} groups={read.data.byService} />
          <ReportTable title={t('report.bySurgeon')} groups={read.data.bySurgeon} />
          <ReportTable
            title={t('report.byDay')}
            groups={read.data.byDay.map((one) => ({ ...one, name: formatDate(one.key) }))}
          />
          <FigureDefinitions graceMinutes={read.data.graceMinutes} releaseDays={read.data.releaseDays} />
        </>
      )}
    </Stack>
  )
}
