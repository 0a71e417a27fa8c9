import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { Erasures, PatientContact } from '../model/erasure.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import { bookingReads } from '../reads/bookings.ts'

type ErasedRow = { outcome: 'done' | 'unchanged' | 'booking_missing' | 'booking_not_over'; tx: string | null }

/** What one transaction erases. */
const bookingsPerCallMax = 500
const notOverListedMax = 100
const firstId = '00000000-0000-0000-0000-000000000000'

/** Erasures by `erase_patient`. A repetition finds the booking erased, whatever its key. */
export function createErasures(pool: pg.Pool, announce: Announce): Erasures {
  const reads = bookingReads(pool)

  async function erase(clinicNo: number, ids: string[], actorId: string | null, key: string | null) {
    const statement = sql`
      select outcome, tx from holdfast.erase_patient(${clinicNo}, ${ids}::uuid[], ${actorId}, ${key}) order by ord`
    const { rows } = await pool.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
    return rows
  }

  return {
    async ofBooking({ bookingId, actorId, key }) {
      if (!isId(bookingId)) return { kind: 'booking_missing' }
      const [row] = await erase(clinicNoOf(bookingId), [bookingId], actorId, key)
      if (row === undefined) throw new Error('erase_patient returned no row.')
      if (row.outcome === 'booking_missing' || row.outcome === 'booking_not_over') return { kind: row.outcome }
      const booking = await reads.booking(bookingId)
      if (booking === null) return { kind: 'booking_missing' }
      const position = row.tx ?? ''
      announceErased(announce, row.outcome === 'done' ? position : null, [booking.doctorId])
      return { kind: row.outcome, booking, position }
    },

    async wasErasedBy(bookingId, key) {
      const { rows } = await pool.query<{ found: boolean }>(sql`
        select exists (select from holdfast.booking_event e
                        where e.clinic_no = ${clinicNoOf(bookingId)} and e.booking_id = ${bookingId}
                          and e.type = 'erased' and e.request_key = ${key}) as found`)
      return rows[0]?.found ?? false
    },

    async ofPatient({ clinicNo, patient, actorId }) {
      let erased = 0
      const notOver: string[] = []
      for (let after = firstId; ; ) {
        const found = await bookingsOf(pool, clinicNo, patient, after)
        const last = found.at(-1)
        if (last === undefined) break
        after = last.id
        const rows = await erase(
          clinicNo,
          found.map(({ id }) => id),
          actorId,
          null,
        )
        const position = rows.find(({ outcome }) => outcome === 'done')?.tx ?? null
        if (position !== null)
          announceErased(
            announce,
            position,
            found.map(({ doctorId }) => doctorId),
          )
        erased += rows.filter(({ outcome }) => outcome === 'done').length
        notOver.push(...found.filter((_, index) => rows[index]?.outcome === 'booking_not_over').map(({ id }) => id))
      }
      return { erased, notOver: { count: notOver.length, bookingIds: notOver.slice(0, notOverListedMax) } }
    },
  }
}

/** The next bookings of a patient that are not erased, by id. */
async function bookingsOf(pool: pg.Pool, clinicNo: number, patient: PatientContact, after: string) {
  const statement = sql`
    select b.id, b.resource_id as "doctorId" from holdfast.booking b
     where b.clinic_no = ${clinicNo} and b.id > ${after} and b.erased_at is null and ${isOf(patient)}
     order by b.id limit ${bookingsPerCallMax}`
  const { rows } = await pool.query<{ id: string; doctorId: string }>(withQueryTimeout(statement, largeWriteMs))
  return rows
}

/** E-mail addresses are compared without case, phone numbers by their digits. */
function isOf(patient: PatientContact): Sql {
  if ('accountId' in patient) return sql`b.account_id = ${patient.accountId}`
  if ('email' in patient) return sql`lower(b.patient->>'email') = lower(${patient.email.trim()})`
  const digits = patient.phone.replaceAll(/\D/g, '')
  return sql`regexp_replace(b.patient->>'phone', '\\D', '', 'g') = ${digits} and ${digits} <> ''`
}

/** An erasure changes no counts. */
function announceErased(announce: Announce, position: string | null, doctorIds: readonly string[]): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set(),
    doctorIds: new Set(doctorIds),
    accountIds: new Set(),
    ...noSlots,
  })
}
