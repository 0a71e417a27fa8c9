import pg from 'pg'
import { timeOf } from '../model/id.ts'

/**
 * There is no partition for new bookings of this month: the clock of this server is wrong, or the job that creates the
 * partitions has not run for months. Nothing was written.
 */
export class PartitionMissing extends Error {
  override name = 'PartitionMissing'

  /** @param bookingId the id of the booking that could not be written */
  constructor(bookingId: string, options: { cause: unknown }) {
    const month = timeOf(bookingId).toISOString().slice(0, 7)
    super(
      `The database has no partition for bookings of ${month}, or this server's clock differs from the database's by ` +
        'more than a day. If the clock is wrong, correct it and restart the server. Otherwise the background jobs ' +
        'have not run: `holdfast migrate` creates the partitions of the next months.',
      options,
    )
  }
}

/**
 * Whether a row fits into no partition, or its id is of another day: a check_violation which, unlike those of
 * constraints, names none.
 */
export function isPartitionMissing(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23514' && error.constraint === undefined
}
