import type { TheatreFigures } from '@holdfast/contract/client'
import { columns } from '../terminal.ts'
import type { CasesSummary } from './import-cases.ts'
import type { RefusedRow } from './refused-row.ts'

/** The summary as lines of text: the counts, each refused row, and the figures. */
export function describeCases(summary: CasesSummary): string[] {
  const { verify, report } = summary
  const counts = columns(
    [
      ['rows', whole(summary.rows)],
      ['booked', whole(summary.booked)],
      ['refused, overlap', whole(summary.refusedOverlap)],
      ['refused, block', whole(summary.refusedBlock)],
      ['failed', whole(summary.failed)],
      ['milestones', whole(summary.milestones)],
      [
        'verify',
        `${whole(verify.bookings)} bookings, ${verify.overbooked} overbooked, ${verify.mismatches} mismatches`,
      ],
    ],
    '',
  )
  const refused = summary.refused.map(describeRefused)
  return [
    ...counts,
    ...(refused.length === 0 ? [] : ['', 'Refused rows', ...refused.map((line) => `  ${line}`)]),
    '',
    `Report, ${report.from} to ${report.to}`,
    ...columns([
      figureNames,
      ['all', ...describeFigures(report.total)],
      ...report.byRoom.map(({ name, figures }) => [name, ...describeFigures(figures)]),
      ...report.byService.map(({ name, figures }) => [name, ...describeFigures(figures)]),
    ]),
  ]
}

function describeRefused({ caseId, room, from, to, why, overlaps }: RefusedRow): string {
  const row = `${caseId} in room ${room}, ${from} to ${to}`
  if (why === 'block') return `${row}: the block has too few minutes left, or belongs to somebody`
  return `${row}: overlaps ${overlaps.map((one) => `${one.caseId}, ${one.from} to ${one.to}`).join('; ')}`
}

const figureNames = ['', 'cases', 'raw', 'adjusted', 'on time', 'turnover', 'overtime', 'estimate off by']

function describeFigures(figures: TheatreFigures): string[] {
  return [
    whole(figures.cases),
    percent(figures.rawUtilisation),
    percent(figures.adjustedUtilisation),
    percent(figures.onTimeRate),
    minutes(figures.turnoverMinutesMedian),
    minutes(figures.overtimeMinutes),
    minutes(figures.estimateErrorMinutesMeanAbsolute),
  ]
}

function whole(value: number): string {
  return value.toLocaleString('en')
}

function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(1)} %`
}

function minutes(value: number | null): string {
  return value === null ? '–' : `${whole(Math.round(value))} min`
}
