import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf } from '../model/id.ts'

/** What a request has to lock: a slot, a booking with its slot, or all of them. */
type Locks = { slotId: string; bookingId: string | null } | { slotId: null; bookingId: string }

/** For each request, whether it would wait for the lock of another transaction. Waits for none itself. */
export async function findLocked(pool: pg.Pool, requests: readonly Locks[]): Promise<boolean[]> {
  const statement = sql`
    select holdfast.are_locked(
      ${plainArray(requests, ({ slotId, bookingId }) => clinicNoOf(slotId ?? bookingId))}::integer[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[]) as locked`
  const { rows } = await pool.query<{ locked: boolean[] }>(prepared('are_locked', statement))
  return rows[0]?.locked ?? []
}
