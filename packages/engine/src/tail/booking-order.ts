import type { BookingLine, LogEntry } from './log-entry.ts'
import type { LogRow } from './read-log.ts'

/**
 * Puts the events of each booking in order: an event whose predecessor comes later in the log, or is itself held back,
 * is held back until its predecessor has passed. All other rows pass in the order of the log.
 */
export class BookingOrder {
  /** The entries by the booking and version that they wait for. */
  readonly #heldBack = new Map<string, LogEntry>()

  /** How many are held back now. */
  get heldBack(): number {
    return this.#heldBack.size
  }

  /** The entries that may be reported now, in order. */
  pass(rows: readonly LogRow[]): LogEntry[] {
    const passed: LogEntry[] = []
    for (const { entry, predecessorIsLater } of rows) {
      if (entry.kind === 'booking' && (predecessorIsLater || this.#holdsPredecessorOf(entry))) {
        this.#heldBack.set(`${entry.bookingId}.${entry.version - 1}`, entry)
        continue
      }
      for (let next: LogEntry | undefined = entry; next !== undefined; next = this.#successorOf(next)) passed.push(next)
    }
    return passed
  }

  /** Drops what was written by this transaction and later ones: it will be read again, or is lost. */
  dropFrom(xid: bigint): void {
    for (const [key, entry] of this.#heldBack) if (entry.xid >= xid) this.#heldBack.delete(key)
  }

  /** A predecessor that is held back is stored under the key of its own predecessor. */
  #holdsPredecessorOf({ bookingId, version }: BookingLine): boolean {
    return this.#heldBack.size > 0 && this.#heldBack.has(`${bookingId}.${version - 2}`)
  }

  #successorOf(entry: LogEntry): LogEntry | undefined {
    if (entry.kind !== 'booking' || this.#heldBack.size === 0) return undefined
    const key = `${entry.bookingId}.${entry.version}`
    const successor = this.#heldBack.get(key)
    this.#heldBack.delete(key)
    return successor
  }
}
