import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import type { ClaimRequest } from '../model/claim.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveRequest, SettleRequest } from '../model/settle.ts'

/** What a request has to lock. */
export type LocksOfRequest = {
  /** The slot that it enters, with the lapsed holds on it. */
  slotId: string | null
  bookingId: string | null
  /** Whether the booking leaves its slot. */
  withItsSlot: boolean
  /** Of a claim. */
  key: string | null
}

const none: LocksOfRequest = { slotId: null, bookingId: null, withItsSlot: false, key: null }

export const locksOf = {
  claim: ({ slotId, key }: ClaimRequest): LocksOfRequest => ({ ...none, slotId, key }),
  settle: ({ bookingId, action }: Pick<SettleRequest, 'bookingId' | 'action'>): LocksOfRequest => ({
    ...none,
    bookingId,
    withItsSlot: action === 'cancel' || action === 'decline',
  }),
  move: ({ slotId, bookingId }: Pick<MoveRequest, 'slotId' | 'bookingId'>): LocksOfRequest => ({
    ...none,
    slotId,
    bookingId,
    withItsSlot: true,
  }),
}

/** For each request, whether it would wait for the lock of another transaction. Waits for no row itself. */
export async function findLocked(pool: pg.Pool, requests: readonly LocksOfRequest[]): Promise<boolean[]> {
  const statement = sql`
    select holdfast.are_locked(
      ${plainArray(requests, ({ slotId, bookingId }) => clinicNoOf(slotId ?? bookingId ?? ''))}::integer[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ withItsSlot }) => withItsSlot)}::boolean[],
      ${plainArray(requests, ({ key }) => key)}::uuid[]) as locked`
  const { rows } = await pool.query<{ locked: boolean[] }>(prepared('are_locked', statement))
  return rows[0]?.locked ?? []
}
