import type { BookedAnswer, Booking, BookingsOfClinicQuery, Clinic } from '@holdfast/engine'
import { referenceOf } from '@holdfast/vocabulary'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import { searchOf } from '../../audit/search-of.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { type CsvRow, csvPhone, csvResponse, pagesOf, type Sending } from '../responses/csv.ts'
import type { RestDeps } from '../rest-deps.ts'

/** Each page is one short query. */
const rowsAtOnce = 500

const columns = [
  'bookingId',
  'status',
  'failureReason',
  'startsAt',
  'endsAt',
  'timezone',
  'startsAtUtc',
  'doctorId',
  'doctor',
  'slotId',
  'appointmentType',
  'units',
  'patient',
  'email',
  'phone',
  'language',
  'reason',
  'cancellationReason',
  'attendanceConfirmedAt',
  'holdExpiresAt',
  'createdAt',
  'updatedAt',
  'reference',
  'cancelledBy',
  'visitTypeId',
  'visitType',
  'answers',
  'requestedAt',
] as const

/** All of a clinic's bookings that match and exist now, as a CSV file, recorded in the security log. */
export async function exportBookings(
  { engine, audit, accounts, exportSlots }: Pick<RestDeps, 'engine' | 'audit' | 'accounts' | 'exportSlots'>,
  filters: Omit<BookingsOfClinicQuery, 'limit' | 'cursor'>,
  { no: clinicNo, timezone }: Clinic,
  separator: 'comma' | 'semicolon',
  by: Pick<AuditEntry, 'network'> & { actorId: string },
  sending: Sending,
) {
  const release = exportSlots.take(by.actorId, clinicNo)
  async function* rows() {
    const [createdUntil, typeNames] = await Promise.all([accounts.time(), engine.directory.visitTypeNames(clinicNo)])
    const read = (cursor: string | null) =>
      engine.reads.bookingsOfClinic({ ...filters, createdUntil, limit: rowsAtOnce, cursor })
    for await (const bookings of pagesOf(read)) {
      const doctorIds = [...new Set(bookings.map(({ doctorId }) => doctorId))]
      const [names, cancelledBy] = await Promise.all([
        engine.theatre.names(clinicNo, doctorIds),
        engine.reads.cancelledBy(bookings),
      ])
      yield bookings.map((booking) => {
        const { id, doctorId, visitTypeId } = booking
        const known = {
          doctor: names.get(doctorId) ?? null,
          cancelledBy: cancelledBy.get(id) ?? null,
          visitType: typeNames.get(visitTypeId ?? '') ?? null,
        }
        return rowOf(booking, known, timezone)
      })
    }
  }
  return csvResponse(sending, {
    name: `bookings-${filters.from}-${filters.to}`,
    separator,
    columns,
    pages: rows(),
    release,
    async record(...details) {
      if (details[0] === '0' && !filters.q) return
      const searched = searchOf(filters.q ?? undefined, 'bookings', ...details)
      await audit.acknowledge([{ ...by, clinicNo, kind: 'data_exported', ...searched }])
    },
  })
}

type Known = { doctor: string | null; cancelledBy: 'patient' | 'clinic' | null; visitType: string | null }

function rowOf(booking: Booking, { doctor, cancelledBy, visitType }: Known, timezone: string): CsvRow {
  const { startsAt, endsAt, patient, attendanceConfirmedAt, holdExpiresAt } = booking
  const row: Record<(typeof columns)[number], string | number | null | undefined> = {
    bookingId: booking.id,
    status: booking.status,
    failureReason: booking.failureReason,
    startsAt: localTime(startsAt, timezone),
    endsAt: localTime(endsAt, timezone),
    timezone,
    startsAtUtc: timeText(startsAt),
    doctorId: booking.doctorId,
    doctor,
    slotId: booking.slotId,
    appointmentType: booking.appointmentType,
    units: booking.units,
    patient: patient.name,
    email: patient.email,
    phone: patient.phone === undefined ? null : csvPhone(patient.phone),
    language: patient.language,
    reason: booking.reason,
    cancellationReason: booking.cancellationReason,
    attendanceConfirmedAt: timeOrNull(attendanceConfirmedAt),
    holdExpiresAt: timeOrNull(holdExpiresAt),
    createdAt: timeText(booking.createdAt),
    updatedAt: timeText(booking.updatedAt),
    reference: referenceOf(booking.id),
    cancelledBy,
    visitTypeId: booking.visitTypeId,
    visitType,
    answers: patient.answers?.filter(isAnswerShown).map(answerLine).join('\n'),
    requestedAt: timeOrNull(booking.requestedAt),
  }
  return columns.map((column) => row[column] ?? null)
}

/** What may be left empty and was, is left out. */
function isAnswerShown({ required, value }: BookedAnswer): boolean {
  return required || value !== undefined
}

/** What was asked, and the answer; nothing follows where the clinic did not ask. */
function answerLine({ label, value, choice, agreedAt, withdrawnAt }: BookedAnswer): string {
  const answer = [choice?.label ?? value, agreedAt, withdrawnAt && `withdrawn ${withdrawnAt}`]
  return `${label}: ${answer.filter((part) => part !== undefined).join(', ')}`
}

/** `2026-03-02 09:30`, which spreadsheets read as a time. */
function localTime(at: Date, timezone: string): string {
  const local = at.toTemporalInstant().toZonedDateTimeISO(timezone).toPlainDateTime()
  return local.toString({ smallestUnit: 'minute' }).replace('T', ' ')
}
