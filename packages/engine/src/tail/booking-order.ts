import type { BookingLine, LogEntry } from './log-entry.ts'
import type { LogRow } from './read-log.ts'

/**
 * Puts rows of the log into each booking's own order: an event whose predecessor stands behind it, or is itself held
 * back, is held back until that one has come. Everything else passes as it stands.
 */
export class BookingOrder {
  /** By the booking and version that is waited for. */
  readonly #heldBack = new Map<string, LogEntry>()

  /** How many are held back now. */
  get heldBack(): number {
    return this.#heldBack.size
  }

  /** The rows that may be told now, in order. */
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

  /** The one before waits for the one before that. */
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
