import type pg from 'pg'
import sql from 'sql-template-tag'
import { isAppointment } from '../database/is-appointment.ts'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { partsOfAll } from '../reads/booking-ids.ts'
import type { PatientSearch } from './search-for-patient.ts'

/** As many as one transaction erases. */
const bookingsPerPage = 500

export type FoundBooking = { id: string; doctorId: string }

/** The bookings of a patient that are not erased, by id. A query locks the tables of a few months only. */
export async function* bookingsOfPatient(
  pool: pg.Pool,
  clinicNo: number,
  search: PatientSearch,
): AsyncGenerator<FoundBooking[]> {
  for (const part of await partsOfAll(pool, new Date())) {
    for (let from = part.from; ; ) {
      const statement = sql`
        select b.id, b.resource_id as "doctorId", b.patient->>'phone' as phone from holdfast.booking b
         where b.clinic_no = ${clinicNo} and b.id >= ${from} and b.id < ${part.until} and ${isAppointment}
           and b.erased_at is null and ${search.condition}
         order by b.id limit ${bookingsPerPage + 1}`
      const { rows } = await pool.query<FoundBooking & { phone: string | null }>(
        withQueryTimeout(statement, largeWriteMs),
      )
      const next = rows[bookingsPerPage]
      const found = rows.slice(0, bookingsPerPage).filter(({ phone }) => search.matches(phone))
      if (found.length > 0) yield found
      if (next === undefined) break
      from = next.id
    }
  }
}

/** The ids of the entries `b` of a clinic that are not erased. */
export async function entriesOfPatient(pool: pg.Pool, clinicNo: number, search: PatientSearch): Promise<string[]> {
  const statement = sql`
    select b.id, b.patient->>'phone' as phone from holdfast.waitlist_entry b
     where b.clinic_no = ${clinicNo} and b.erased_at is null and ${search.condition}`
  const { rows } = await pool.query<{ id: string; phone: string | null }>(withQueryTimeout(statement, largeWriteMs))
  return rows.filter(({ phone }) => search.matches(phone)).map(({ id }) => id)
}
