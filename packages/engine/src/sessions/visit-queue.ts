import type pg from 'pg'
import { findLocked, type LocksOfRequest } from '../bookings/find-locked.ts'
import { clinicNoOf } from '../model/id.ts'
import { BatchQueue, type BatchQueueSettings, type ItemResult } from '../queue/batch-queue.ts'
import { findLockedDoctors } from './claim-times.ts'

/**
 * A queue of changes of bookings that claim a time of a session. Each is a separate transaction, because a refused one
 * is undone, and a batch has one: if it had several, some would be committed when another fails the batch.
 */
export function visitQueue<Request extends { bookingId: string }, Outcome>(
  name: string,
  run: (request: Request) => Promise<ItemResult<Outcome>>,
  findLocked: (requests: readonly Request[]) => Promise<boolean[]>,
  settings: Partial<BatchQueueSettings<Request, Outcome>>,
): BatchQueue<Request, Outcome> {
  return new BatchQueue<Request, Outcome>({
    name,
    batchSizeMax: 1,
    run: (items) => Promise.all(items.map(run)),
    rowOf: ({ bookingId }) => `${clinicNoOf(bookingId)}/${bookingId}`,
    findLocked,
    ...settings,
  })
}

/**
 * Which of the requests would wait for a lock of another transaction: that of the doctor of their sessions, or one of
 * their bookings. Waits for no row itself.
 */
export async function findLockedVisits(
  pool: pg.Pool,
  sessions: Parameters<typeof findLockedDoctors>[1],
  bookings: readonly LocksOfRequest[],
): Promise<boolean[]> {
  const ofDoctors = await findLockedDoctors(pool, sessions)
  const ofBookings = await findLocked(pool, bookings)
  return bookings.map((_request, index) => ofDoctors[index] === true || ofBookings[index] === true)
}
