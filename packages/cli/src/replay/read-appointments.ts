import { parseDate } from '@holdfast/vocabulary'
import { addBadLine, type BadLines } from '../tables/bad-lines.ts'
import { parseInstant } from '../tables/parse-instant.ts'
import type { CsvLine } from '../tables/read-csv.ts'
import { readRows } from '../tables/read-rows.ts'
import type { Appointment } from './appointment.ts'

const columns = {
  required: ['appointment_id', 'patient_id', 'booked_at', 'appointment_date', 'health_unit'],
  optional: ['gender', 'age'],
} as const

const idCharactersMax = 100
const nameCharactersMax = 180

export type AppointmentsFile = { appointments: Appointment[]; bad: BadLines }

/**
 * Reads the appointments of a CSV file with the columns appointment_id, patient_id, booked_at, appointment_date and
 * health_unit (gender and age are allowed and ignored). They are sorted by `booked_at`; those of the same second stay
 * in the order of the file. Every bad line is in `bad`; if there is one, nothing should be booked.
 *
 * @throws if the file cannot be read
 */
export async function readAppointments(path: string): Promise<AppointmentsFile> {
  const { rows, bad } = await readRows(path, {
    what: 'appointment',
    columns,
    idColumn: 'appointment_id',
    idOf: ({ appointmentId }) => appointmentId,
    parse: parseAppointment,
  })
  return { appointments: rows.sort((one, other) => Temporal.Instant.compare(one.bookedAt, other.bookedAt)), bad }
}

function parseAppointment({ line, values }: CsvLine, bad: BadLines): Appointment | null {
  const before = bad.count
  const refuse = (column: string, message: string) => {
    addBadLine(bad, { line, column, value: values[column] ?? '', message })
  }
  const appointmentId = values.appointment_id ?? ''
  if (!isId(appointmentId)) refuse('appointment_id', `expected 1–${idCharactersMax} printable ASCII characters`)
  const patientId = values.patient_id ?? ''
  if (!isId(patientId)) refuse('patient_id', `expected 1–${idCharactersMax} printable ASCII characters`)
  const healthUnit = values.health_unit ?? ''
  if (healthUnit.length === 0 || healthUnit.length > nameCharactersMax) {
    refuse('health_unit', `expected a name of 1–${nameCharactersMax} characters`)
  }
  const bookedAt = parseInstant(values.booked_at ?? '')
  if (bookedAt === null) refuse('booked_at', 'expected a time with its zone, such as 2016-04-29T07:13:56Z')
  const date = parseDate(values.appointment_date ?? '')
  if (date === null) refuse('appointment_date', 'expected a date that exists, such as 2016-05-04')
  if (bad.count > before || bookedAt === null || date === null) return null
  return { appointmentId, patientId, bookedAt, date, healthUnit }
}

function isId(text: string): boolean {
  return text.length <= idCharactersMax && /^[\x21-\x7e]+$/.test(text)
}
