import type { BookingLine, LoggedEvent } from '@holdfast/engine'
import type pg from 'pg'

/** Records that the events were delivered, in the transaction that records what the delivery did. */
export type Acknowledge = (transaction: pg.PoolClient) => Promise<void>

/**
 * A destination of the event log: a table of this database, or a message broker. The events of a booking come in
 * order; after a failure, some may come again.
 */
export type EventReceiver = {
  /** Its name in the table of cursors: never changed, and never used for another receiver. */
  name: string
  /** Selects the events that it wants; the others are not read for it. Absent: all. */
  select?(lines: readonly BookingLine[]): Promise<readonly BookingLine[]>
  /**
   * Resolves when the events need not be delivered again. It has called `acknowledge`, once, in a transaction that was
   * committed.
   */
  deliver(events: readonly LoggedEvent[], acknowledge: Acknowledge): Promise<void>
}
