import { patientVisitsMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { withMerged } from '../erasure/with-merged.ts'
import type { Booking } from '../model/booking.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { PatientAppointment, PatientVisits } from '../model/patient-record.ts'
import { bookingsByIds } from '../reads/bookings-by-ids.ts'

type CaseRow = Omit<PatientVisits['cases'][number], 'status'>

const isLive = new Set<Booking['status']>(['PENDING', 'CONFIRMED', 'ARRIVED'])

/**
 * What a patient has been booked for, as far as it is not archived: the newest of it, with what is linked to records
 * that were merged with this one.
 */
export async function patientVisits(pool: pg.Pool, patientId: string, now: Date): Promise<PatientVisits> {
  if (!isId(patientId)) return { next: [], past: [], cases: [] }
  const clinicNo = clinicNoOf(patientId)
  const recordIds = await withMerged(pool, clinicNo, [patientId])
  const [links, cases] = await Promise.all([
    pool.query<{ id: string }>(sql`
      select l.booking_id as id from holdfast.booking_patient l
       where l.clinic_no = ${clinicNo} and l.patient_id = any (${recordIds}::uuid[])
       order by l.booking_id desc limit ${patientVisitsMax}`),
    pool.query<CaseRow>(sql`
      select t.booking_id as "caseId", t.room_id as "roomId", r.name as "roomName", s.name as "surgeonName",
             t.procedure_display as procedure, t.starts_at as "startsAt", t.ends_at as "endsAt"
        from holdfast.theatre_case t
        join holdfast.resource r on r.clinic_no = t.clinic_no and r.id = t.room_id
        join holdfast.resource s on s.clinic_no = t.clinic_no and s.id = t.surgeon_id
       where t.clinic_no = ${clinicNo} and t.patient_id = any (${recordIds}::uuid[])
       order by t.starts_at desc, t.booking_id limit ${patientVisitsMax}`),
  ])
  const ids = [...links.rows.map(({ id }) => id), ...cases.rows.map(({ caseId }) => caseId)]
  const bookings = ids.length === 0 ? new Map<string, Booking>() : await bookingsByIds(pool, clinicNo, ids)
  const found = links.rows.map(({ id }) => bookings.get(id)).filter((booking) => booking !== undefined)
  const names = await doctorNames(pool, clinicNo, found)
  const appointments = found
    .map((booking) => appointmentOf(booking, names))
    .toSorted((one, other) => one.startsAt.getTime() - other.startsAt.getTime())
  const isNext = ({ status, endsAt }: PatientAppointment) => isLive.has(status) && endsAt > now
  return {
    next: appointments.filter(isNext),
    past: appointments.filter((one) => !isNext(one)).toReversed(),
    cases: cases.rows.flatMap((row) => {
      const booking = bookings.get(row.caseId)
      return booking === undefined ? [] : [{ ...row, status: booking.status }]
    }),
  }
}

function appointmentOf(booking: Booking, names: ReadonlyMap<string, string>): PatientAppointment {
  const { id: bookingId, doctorId, visitTypeId, startsAt, endsAt, status } = booking
  const visit = visitTypeId === null ? {} : { visitTypeId }
  return { bookingId, doctorId, doctorName: names.get(doctorId) ?? '', ...visit, startsAt, endsAt, status }
}

async function doctorNames(pool: pg.Pool, clinicNo: number, bookings: Booking[]): Promise<Map<string, string>> {
  const ids = [...new Set(bookings.map(({ doctorId }) => doctorId))]
  if (ids.length === 0) return new Map()
  const { rows } = await pool.query<{ id: string; name: string }>(sql`
    select id, name from holdfast.resource where clinic_no = ${clinicNo} and id = any (${ids}::uuid[])`)
  return new Map(rows.map(({ id, name }) => [id, name]))
}
