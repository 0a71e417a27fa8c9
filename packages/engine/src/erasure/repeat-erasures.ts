import type pg from 'pg'
import sql from 'sql-template-tag'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { eraseGuardiansById } from './guardians.ts'

/** A booking, an entry of a waitlist or a patient that was erased, or a guardian in records of patients. */
export type Erased = {
  clinicNo: number
  kind: 'booking' | 'waitlist_entry' | 'guardian' | 'patient'
  id: string
  erasedAt: string
}

/** `pending`: they can't be erased, because they are in use in this database, or their clinic refuses changes. */
export type RepeatedErasures = { erased: number; cancelled: number; pending: Erased[] }

/** What one transaction erases. */
const idsPerCallMax = 500

/** What was erased at or after a moment, oldest first. */
export async function erasuresSince(pool: pg.Pool, since: Date): Promise<Erased[]> {
  const { rows } = await pool.query<Erased>(sql`
    select clinic_no as "clinicNo", kind, id, erased_at::text as "erasedAt" from holdfast.erasure
     where erased_at >= ${since} order by erased_at, id`)
  return rows
}

/**
 * Erases again, in a database that was restored as it was before, what was erased since. Only what was over has been
 * erased: a booking that is still to come had been cancelled before, and is cancelled again. Safe to repeat.
 *
 * @param ownerPool the pool of the database's owner: nobody else may erase patients of the theatre by their ids
 */
export async function repeatErasures(ownerPool: pg.Pool, list: readonly Erased[]): Promise<RepeatedErasures> {
  const first = await repeatOnce(ownerPool, list)
  if (first.pending.length === 0) return first
  // An entry with an open offer waits for the booking that was offered.
  const second = await repeatOnce(ownerPool, first.pending)
  const [erased, cancelled] = [first.erased + second.erased, first.cancelled + second.cancelled]
  return { erased, cancelled, pending: second.pending }
}

/** Entries go first, or the places of cancelled bookings would be offered to them; patients with their last case. */
const kinds = ['waitlist_entry', 'booking', 'guardian', 'patient'] as const

async function repeatOnce(ownerPool: pg.Pool, list: readonly Erased[]): Promise<RepeatedErasures> {
  const { rows } = await ownerPool.query<{ no: number }>(sql`select unnest(holdfast.moving_clinics()) as no`)
  const refused = new Set(rows.map(({ no }) => no))
  const result: RepeatedErasures = { erased: 0, cancelled: 0, pending: list.filter((one) => refused.has(one.clinicNo)) }
  for (const kind of kinds) {
    const ofKind = list.filter((one) => one.kind === kind && !refused.has(one.clinicNo))
    for (const [clinicNo, ofClinic] of Map.groupBy(ofKind, (one) => one.clinicNo)) {
      const byId = new Map(ofClinic.map((one) => [one.id, one]))
      const ids = [...byId.keys()]
      for (let from = 0; from < ids.length; from += idsPerCallMax) {
        const some = ids.slice(from, from + idsPerCallMax)
        const repeated = await repeatKind[kind](ownerPool, clinicNo, some)
        result.erased += repeated.erased
        result.cancelled += repeated.cancelled
        for (const id of repeated.pending) result.pending.push(...[byId.get(id)].filter((one) => one !== undefined))
      }
    }
  }
  return result
}

type Repeated = { erased: number; cancelled: number; pending: string[] }

const repeatKind: Record<Erased['kind'], (pool: pg.Pool, clinicNo: number, ids: string[]) => Promise<Repeated>> = {
  async booking(pool, clinicNo, ids) {
    const first = await eraseBookings(pool, clinicNo, ids)
    const cancellations = first.notOver.map((bookingId) => ({
      bookingId,
      action: 'cancel' as const,
      actorId: null,
      onBehalf: true,
      key: null,
      reason: null,
    }))
    if (cancellations.length === 0) return { erased: first.erased, cancelled: 0, pending: [] }
    await runSettleBatch(pool, cancellations)
    const second = await eraseBookings(pool, clinicNo, first.notOver)
    return { erased: first.erased + second.erased, cancelled: second.erased, pending: second.notOver }
  },

  async waitlist_entry(pool, clinicNo, ids) {
    await pool.query(withQueryTimeout(sql`select holdfast.erase_waitlist_entries(${clinicNo}, ${ids})`, largeWriteMs))
    const { rows } = await pool.query<{ id: string; isErased: boolean }>(sql`
      select id, erased_at is not null as "isErased" from holdfast.waitlist_entry
       where clinic_no = ${clinicNo} and id = any (${ids}::uuid[])`)
    return countOf(rows)
  },

  async guardian(pool, clinicNo, ids) {
    return { erased: await eraseGuardiansById(pool, clinicNo, ids), cancelled: 0, pending: [] }
  },

  async patient(pool, clinicNo, ids) {
    await pool.query(
      withQueryTimeout(sql`select holdfast.forget_patients(${clinicNo}, ${ids}::uuid[], '{}')`, largeWriteMs),
    )
    const { rows } = await pool.query<{ id: string; isErased: boolean }>(sql`
      select id, erased_at is not null as "isErased" from holdfast.patient
       where clinic_no = ${clinicNo} and id = any (${ids}::uuid[])`)
    return countOf(rows)
  },
}

async function eraseBookings(pool: pg.Pool, clinicNo: number, ids: string[]) {
  const statement = sql`
    select ord, outcome from holdfast.erase_patient(${clinicNo}, ${ids}::uuid[], null, null) order by ord`
  const { rows } = await pool.query<{ ord: number; outcome: string }>(withQueryTimeout(statement, largeWriteMs))
  const idsWith = (outcome: string) =>
    rows.filter((row) => row.outcome === outcome).map(({ ord }) => ids[ord - 1] ?? '')
  return { erased: idsWith('done').length, notOver: idsWith('booking_not_over') }
}

function countOf(rows: readonly { id: string; isErased: boolean }[]): Repeated {
  const pending = rows.filter(({ isErased }) => !isErased).map(({ id }) => id)
  return { erased: rows.length - pending.length, cancelled: 0, pending }
}
