import type pg from 'pg'
import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { completeWrite, rethrowAfterCommit } from '../database/database-unavailable.ts'
import { inTransaction, largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { oneShard } from '../database/shard-pools.ts'
import type { Announce } from '../model/committed.ts'
import type { ErasureRequest, Erasures } from '../model/erasure.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Waitlist } from '../model/waitlist.ts'
import { bookingReads } from '../reads/bookings.ts'
import { announceErased } from './announce-erased.ts'
import { eraseRecord, linkedRecords, recordsNotErased, recordsOf } from './erase-record.ts'
import { bookingsOfPatient, entriesOfPatient } from './found-of-patient.ts'
import { eraseGuardians } from './guardians.ts'
import { requireNoneInTransit } from './months-in-transit.ts'
import { type PatientSearch, searchForPatient } from './search-for-patient.ts'

type PatientRequest = Parameters<Erasures['ofPatient']>[0]
type ErasedRow = { outcome: 'done' | 'unchanged' | 'booking_missing' | 'booking_not_over'; tx: string | null }

const leftListedMax = 100

/**
 * Erasures by `erase_patient`. A repetition finds the booking erased, whatever its key. Offers of the waitlist that are
 * open are declined: a patient who is erased waits no longer.
 */
export function createErasures(pool: pg.Pool, announce: Announce, waitlist: Pick<Waitlist, 'leave'>): Erasures {
  const reads = bookingReads(pool, oneShard(pool))

  async function erase(clinicNo: number, ids: string[], { actorId, key, access }: Omit<ErasureRequest, 'bookingId'>) {
    const statement = sql`
      select outcome, tx
        from holdfast.erase_patient(${clinicNo}, ${ids}::uuid[], ${actorId}, ${key},
                                    p_access => ${accessJson(access)})
       order by ord`
    const { rows } = await pool.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
    return rows
  }

  /** @param onCommit is called after each step that has changed something */
  async function eraseAllOf(request: PatientRequest, onCommit: () => void) {
    const { clinicNo, patient, actorId, onErased } = request
    await requireNoneInTransit(pool, clinicNo)
    const search = await searchForPatient(pool, clinicNo, patient)
    // Before the bookings: a declined offer is one of those that are over.
    const waiting = { ...search, condition: sql`${search.condition} and ${isWaitingOrOffered}` }
    await leaveWaitlists(pool, waitlist, clinicNo, waiting, actorId, onCommit)
    let erased = 0
    const notOver: string[] = []
    const linked = new Set<string>()
    for await (const found of bookingsOfPatient(pool, clinicNo, search)) {
      const ids = found.map(({ id }) => id)
      // The erasure removes the links.
      for (const patientId of await linkedRecords(pool, clinicNo, ids)) linked.add(patientId)
      const rows = await erase(clinicNo, ids, { actorId, key: null })
      const position = rows.find(({ outcome }) => outcome === 'done')?.tx ?? null
      if (position !== null) {
        onCommit()
        announceErased(announce, { clinicNo, position, resourceIds: found.map(({ doctorId }) => doctorId) })
      }
      const count = rows.filter(({ outcome }) => outcome === 'done').length
      erased += count
      onErased?.(count)
      notOver.push(...found.filter((_, index) => rows[index]?.outcome === 'booking_not_over').map(({ id }) => id))
    }
    await eraseWaitlistEntries(pool, clinicNo, search)
    onCommit()
    const ofRecords = await eraseRecords(pool, announce, request, search)
    const guardianOf = await eraseGuardians(pool, clinicNo, search, onCommit)
    await requireNoneInTransit(pool, clinicNo)
    const left = [...new Set([...notOver, ...ofRecords.notOver])]
    const recordsLeft = await recordsNotErased(pool, clinicNo, [...new Set([...ofRecords.patientIds, ...linked])])
    return {
      erased: erased + ofRecords.erased,
      notOver: { count: left.length, bookingIds: left.slice(0, leftListedMax) },
      recordsLeft: { count: recordsLeft.length, patientIds: recordsLeft.slice(0, leftListedMax) },
      guardianOf,
    }
  }

  return {
    async ofBooking({ bookingId, actorId, key, access, onErased }) {
      if (!isId(bookingId)) return { kind: 'booking_missing' }
      const [row] = await erase(clinicNoOf(bookingId), [bookingId], { actorId, key, access: access ?? null })
      if (row === undefined) throw new Error('erase_patient returned no row.')
      if (row.outcome === 'booking_missing' || row.outcome === 'booking_not_over') return { kind: row.outcome }
      if (row.outcome === 'done') onErased?.()
      const condition = sql`b.id = (select o.waitlist_entry_id from holdfast.booking o
                                     where o.clinic_no = ${clinicNoOf(bookingId)} and o.id = ${bookingId})`
      const ofBooking = { condition, matches: () => true }
      const booking = await completeWrite(async () => {
        if (await leaveWaitlists(pool, waitlist, clinicNoOf(bookingId), ofBooking, actorId)) {
          await eraseWaitlistEntries(pool, clinicNoOf(bookingId), ofBooking)
        }
        return reads.booking(bookingId)
      })
      if (booking === null) return { kind: 'booking_missing' }
      const position = row.tx ?? ''
      const announced = { clinicNo: clinicNoOf(bookingId), resourceIds: [booking.doctorId] }
      announceErased(announce, { ...announced, position: row.outcome === 'done' ? position : null })
      return { kind: row.outcome, booking, position }
    },

    async wasErasedBy(bookingId, key) {
      const { rows } = await pool.query<{ found: boolean }>(sql`
        select exists (select from holdfast.booking_event e
                        where e.clinic_no = ${clinicNoOf(bookingId)} and e.booking_id = ${bookingId}
                          and e.type = 'erased' and e.request_key = ${key}) as found`)
      return rows[0]?.found ?? false
    },

    async isLinkedAndToCome(bookingId) {
      const { rows } = await pool.query<{ found: boolean }>(sql`
        select exists (select from holdfast.booking b
                         join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
                         join holdfast.booking_event e on e.clinic_no = b.clinic_no and e.booking_id = b.id
                        where b.clinic_no = ${clinicNoOf(bookingId)} and b.id = ${bookingId} and b.erased_at is null
                          and s.ends_at > clock_timestamp() and e.type = 'linked') as found`)
      return rows[0]?.found ?? false
    },

    async ofPatient(request) {
      let isCommitted = false
      const onCommit = () => {
        isCommitted = true
      }
      try {
        return await eraseAllOf(request, onCommit)
      } catch (cause) {
        if (!isCommitted) throw cause
        return rethrowAfterCommit(cause)
      }
    },
  }
}

/**
 * The records that a search finds, with the bookings that are linked to them, whatever contacts these have.
 *
 * @returns the ids of all of these records, also of those that stay
 */
async function eraseRecords(
  pool: pg.Pool,
  announce: Announce,
  { clinicNo, actorId, onErased }: Omit<PatientRequest, 'patient'>,
  search: PatientSearch,
): Promise<{ patientIds: string[]; erased: number; notOver: string[] }> {
  const patientIds = await recordsOf(pool, clinicNo, search)
  let erased = 0
  const notOver: string[] = []
  for (const patientId of patientIds) {
    const record = { clinicNo, of: { patientId }, actorId }
    const { outcome, resourceIds, tx } = await inTransaction(pool, (client) => eraseRecord(client, record))
    // Also of a record that stays, because something was added to it meanwhile.
    if (tx !== null) announceErased(announce, { clinicNo, position: tx, resourceIds })
    if (outcome.kind === 'in_use') notOver.push(...outcome.bookingIds, ...outcome.caseIds)
    if (outcome.kind !== 'erased') continue
    const count = outcome.bookings + outcome.cases
    erased += count
    onErased?.(count)
  }
  return { patientIds, erased, notOver }
}

/** Entries of the waitlist that were offered nothing have no booking with which they would be erased. */
async function eraseWaitlistEntries(pool: pg.Pool, clinicNo: number, search: PatientSearch): Promise<void> {
  const ids = await entriesOfPatient(pool, clinicNo, search)
  const statement = sql`select holdfast.erase_waitlist_entries(${clinicNo}, ${ids}::uuid[])`
  await pool.query(withQueryTimeout(statement, largeWriteMs))
}

/** The entry `b` is open, or was ended by a request that failed before it declined the offer. */
const isWaitingOrOffered = sql`
  (b.ended_at is null or b.offer_id is not null and b.end_reason is distinct from 'accepted')`

/** Ends the entries and declines their open offers. @returns whether there were any */
async function leaveWaitlists(
  pool: pg.Pool,
  waitlist: Pick<Waitlist, 'leave'>,
  clinicNo: number,
  search: PatientSearch,
  actorId: string | null,
  onLeft: () => void = () => undefined,
): Promise<boolean> {
  const ids = await entriesOfPatient(pool, clinicNo, search)
  for (const id of ids) {
    await waitlist.leave(id, 'removed', actorId)
    onLeft()
  }
  return ids.length > 0
}
