import type { TheatreFiguresBody, TheatreReportBody } from '@holdfast/contract'
import type { CsvRow } from '../responses/csv.ts'

/** One row for the total and for each group; `cancellations` has its reasons in one field: `code: count; …`. */
export function reportRows({ total, byRoom, byService, bySurgeon, byDay }: TheatreReportBody): {
  columns: string[]
  rows: CsvRow[]
} {
  const rows = [
    rowOf('total', '', '', total),
    ...byRoom.map(({ key, name, figures }) => rowOf('room', key, name, figures)),
    ...byService.map(({ key, name, figures }) => rowOf('service', key, name, figures)),
    ...bySurgeon.map(({ key, name, figures }) => rowOf('surgeon', key, name, figures)),
    ...byDay.map(({ key, name, figures }) => rowOf('day', key, name, figures)),
  ]
  return { columns: Object.keys(rows[0] ?? {}), rows: rows.map((row) => Object.values(row)) }
}

function rowOf(group: string, key: string, name: string, { cancellations, ...figures }: TheatreFiguresBody) {
  return { group, key, name, ...figures, cancellations: cancellations.map(textOf).join('; ') }
}

function textOf({ reason, count }: TheatreFiguresBody['cancellations'][number]): string {
  return `${reason}: ${count}`
}
