import { addBadLine, type BadLines } from '../tables/bad-lines.ts'
import type { CsvLine } from '../tables/read-csv.ts'
import { readRows } from '../tables/read-rows.ts'
import type { CaseRow } from './case-row.ts'

const columns = {
  required: [
    ...['case_id', 'date', 'room', 'service', 'cpt_code', 'procedure', 'booked_minutes', 'scheduled_start'],
    ...['wheels_in', 'incision_start', 'incision_end', 'wheels_out'],
  ],
  optional: [],
} as const

const minutesMax = 1_440

/** Lines of the file in its order, and what is wrong with others. */
export type CasesFile = { rows: CaseRow[]; bad: BadLines }

/**
 * Reads the cases of a CSV file, one in a line. The four times of what happened may be empty. Every bad line is in
 * `bad`; if there is one, nothing should be booked.
 *
 * @throws if the file cannot be read
 */
export function readCases(path: string): Promise<CasesFile> {
  return readRows(path, { what: 'case', columns, idColumn: 'case_id', idOf: ({ caseId }) => caseId, parse: parseRow })
}

function parseRow({ line, values }: CsvLine, bad: BadLines): CaseRow | null {
  const before = bad.count
  const refuse = (column: string, message: string) => {
    addBadLine(bad, { line, column, value: values[column] ?? '', message })
  }
  const text = (column: string, lengthMax: number) => {
    const value = values[column] ?? ''
    if (value.length === 0 || value.length > lengthMax) refuse(column, `expected 1–${lengthMax} characters`)
    return value
  }
  const time = (column: string) => {
    const value = values[column] ?? ''
    const parsed = value === '' ? null : parseLocalTime(value)
    if (value !== '' && parsed === null) refuse(column, 'expected a local time, such as 2022-01-03T07:30')
    return parsed
  }
  const caseId = values.case_id ?? ''
  if (!/^[\x21-\x7e]{1,50}$/.test(caseId)) refuse('case_id', 'expected 1–50 printable ASCII characters')
  const minutes = /^\d{1,4}$/.test(values.booked_minutes ?? '') ? Number(values.booked_minutes) : 0
  if (minutes < 1 || minutes > minutesMax) refuse('booked_minutes', `expected a whole number from 1 to ${minutesMax}`)
  const startsAt = time('scheduled_start')
  if (values.scheduled_start === '') refuse('scheduled_start', 'is missing')
  if (startsAt !== null && startsAt.toPlainDate().toString() !== values.date) {
    refuse('date', `expected the date of scheduled_start, ${startsAt.toPlainDate()}`)
  }
  const row = {
    caseId,
    minutes,
    room: text('room', 100),
    service: text('service', 100),
    procedureCode: text('cpt_code', 64),
    procedure: text('procedure', 500),
    wheelsIn: time('wheels_in'),
    incisionStart: time('incision_start'),
    incisionEnd: time('incision_end'),
    wheelsOut: time('wheels_out'),
  }
  return bad.count > before || startsAt === null ? null : { ...row, startsAt }
}

function parseLocalTime(text: string): Temporal.PlainDateTime | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return null
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' })
  } catch {
    return null
  }
}
