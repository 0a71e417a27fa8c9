import type { TheatreFigures } from '@holdfast/contract/client'
import { addDays, daysBetween, yearDaysMax } from '@holdfast/vocabulary'
import { Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CsvLinks } from '../../../domain/exports/csv-links.tsx'
import { formatDate, formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { parseDay } from '../../../lib/time/local-time.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { WholeNumber } from '../setup/whole-number.tsx'
import { reportQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './report.module.css'
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

/** Why cases were cancelled, the most frequent reason first. */
function CancellationReasons({ figures: { cancellations } }: { figures: TheatreFigures }) {
  const { t } = useTranslation('theatre')
  const most = Math.max(...cancellations.map(({ count }) => count))
  if (cancellations.length === 0) return null
  return (
    <Panel id="report-reasons" title={t('report.reasons')}>
      <ul className={classes.reasons}>
        {cancellations.map(({ reason, count }) => (
          <li key={reason}>
            <bdi>{t(`reason.${reason}`, { defaultValue: reason })}</bdi>
            <span className={classes.bar} aria-hidden="true">
              <span style={{ width: `${(100 * count) / most}%` }} />
            </span>
            <span className="tabular">{formatNumber(count)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const figures = ['raw', 'adjusted', 'onTime', 'turnover', 'overtime', 'estimateError', 'cancelled', 'release'] as const

type FigureDefinitionsProps = { graceMinutes: number; releaseDays: number }

/** What each figure counts. */
function FigureDefinitions({ graceMinutes, releaseDays }: FigureDefinitionsProps) {
  const { t } = useTranslation('theatre')
  const values = {
    grace: formatMinutes(graceMinutes),
    days: formatNumber(releaseDays, { style: 'unit', unit: 'day', unitDisplay: 'long' }),
  }
  return (
    <details>
      <summary>{t('report.definitions')}</summary>
      <dl className={classes.definitions}>
        {figures.map((figure) => (
          <div key={figure}>
            <dt>{t(`figure.${figure}`)}</dt>
            <dd>{t(`definition.${figure}`, values)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
