import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray, textArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import type { ClaimRequest } from '../model/claim.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveRequest } from '../model/settle.ts'
import type { QueuedSettle } from './settle-batch.ts'

/** What a request has to lock. */
export type LocksOfRequest = {
  /** The slot that it enters, with the lapsed holds on it. */
  slotId: string | null
  bookingId: string | null
  /** Whether the booking leaves its slot. */
  withItsSlot: boolean
  /** The key of a claim. */
  key: string | null
  /** The patient whose other appointments it looks for; '': the booking's patient; null: it looks for none. */
  patientName: string | null
}

const none: LocksOfRequest = { slotId: null, bookingId: null, withItsSlot: false, key: null, patientName: null }

export const locksOf = {
  claim: ({ slotId, key, patient, knownBy }: ClaimRequest): LocksOfRequest => ({
    ...none,
    slotId,
    key,
    patientName: knownBy ? patient.name : null,
  }),
  settle: ({
    bookingId,
    action,
    patient,
    knownBy,
    mayFree = false,
  }: Pick<QueuedSettle, 'bookingId' | 'action' | 'patient' | 'knownBy' | 'mayFree'>): LocksOfRequest => ({
    ...none,
    bookingId,
    withItsSlot: freesUnits({ action, mayFree }),
    patientName: knownBy ? (patient?.name ?? '') : null,
  }),
  move: ({
    slotId,
    bookingId,
    knownBy,
  }: Pick<MoveRequest, 'bookingId' | 'knownBy'> & { slotId: string | null }): LocksOfRequest => ({
    ...none,
    slotId,
    bookingId,
    withItsSlot: true,
    patientName: knownBy ? '' : null,
  }),
}

function freesUnits({ action, mayFree = false }: Pick<QueuedSettle, 'action' | 'mayFree'>): boolean {
  return action === 'cancel' || action === 'decline' || (action === 'confirm' && mayFree)
}

/**
 * The rows of queues. What frees a place also locks its slot, which a cancellation does not name, and the waitlist of
 * the clinic: so these have the clinic as their group.
 */
export const rowsOf = {
  settle: ({ bookingId, ...change }: Pick<QueuedSettle, 'bookingId' | 'action' | 'mayFree'>): string =>
    freesUnits(change) ? `${clinicNoOf(bookingId)}/${bookingId}` : bookingId,
  move: ({ slotId }: Pick<MoveRequest, 'slotId'>): string => `${clinicNoOf(slotId)}/${slotId}`,
}

/** For each request, whether it would wait for the lock of another transaction. Waits for no row itself. */
export async function findLocked(pool: pg.Pool, requests: readonly LocksOfRequest[]): Promise<boolean[]> {
  const statement = sql`
    select holdfast.are_locked(
      ${plainArray(requests, ({ slotId, bookingId }) => clinicNoOf(slotId ?? bookingId ?? ''))}::integer[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ withItsSlot }) => withItsSlot)}::boolean[],
      ${plainArray(requests, ({ key }) => key)}::uuid[],
      ${textArray(requests, ({ patientName }) => patientName)}::text[]) as locked`
  const { rows } = await pool.query<{ locked: boolean[] }>(prepared('are_locked', statement))
  return rows[0]?.locked ?? []
}
