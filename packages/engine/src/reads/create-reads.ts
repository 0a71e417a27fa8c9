import type pg from 'pg'
import type { Reads } from '../model/reads.ts'
import { verify } from '../verify/verify.ts'
import { alternativeReads } from './alternatives.ts'
import { bookingReads } from './bookings.ts'
import { statsReads } from './clinic-stats-reads.ts'
import { eventReads } from './events-of-clinic.ts'
import { slotReads } from './slots.ts'

/**
 * Everything that is read and never waits for a write. Answers are of one moment of the database, by its clock.
 *
 * @throws InvalidCursor for a cursor or position that a list never gave
 */
export function createReads(pool: pg.Pool): Reads {
  return {
    ...slotReads(pool),
    ...alternativeReads(pool),
    ...bookingReads(pool),
    ...eventReads(pool),
    ...statsReads(pool),
    verify: (query) => verify(pool, query),
  }
}
