import type { AuditKind } from '@holdfast/contract'
import type { AuditEntry, CountedEntry } from './audit-entry.ts'

type Repeated = CountedEntry & { endsMs: number }

const minuteMs = 60_000
/** An open page reads again every few seconds. */
const readsMs = 15 * minuteMs
const readKinds: readonly AuditKind[] = ['bookings_read', 'booking_read']
/** What strangers can cause as often as they like. */
const floodKinds: readonly AuditKind[] = ['sign_up', 'sign_in_failed', 'sign_in_delayed', 'password_reset_failed']
/** More of these in a minute are counted in one event of each kind, without saying whom they concern. */
export const floodRowsMax = 300

/**
 * Bounds how many rows the security log gets. The first of equal entries passes at once. Its repetitions within a
 * minute (reads: 15) are counted, and pass as one when that time is over.
 */
export class RepeatedEntries {
  readonly #pass: (counted: CountedEntry) => void
  readonly #now: () => number
  readonly #repeated = new Map<string, Repeated>()
  #flood = { endsMs: 0, rows: 0 }

  constructor(pass: (counted: CountedEntry) => void, now: () => number) {
    this.#pass = pass
    this.#now = now
  }

  get isEmpty(): boolean {
    return this.#repeated.size === 0
  }

  add(entry: AuditEntry): void {
    const now = this.#now()
    const key = JSON.stringify(entry)
    const known = this.#repeated.get(key)
    if (known !== undefined && known.endsMs > now) {
      known.count += 1
      known.atMs = now
      return
    }
    if (this.#isFlood(entry, now)) {
      this.add({ kind: entry.kind, clinicNo: 0, details: ['merged'] })
      return
    }
    if (known !== undefined) this.#end(key, known)
    const endsMs = now + (readKinds.includes(entry.kind) ? readsMs : minuteMs)
    this.#repeated.set(key, { entry, count: 0, atMs: now, endsMs })
    this.#pass({ entry, count: 1, atMs: now })
  }

  /** Passes on the repetitions whose time is over. */
  passEnded(): void {
    for (const [key, one] of this.#repeated) if (one.endsMs <= this.#now()) this.#end(key, one)
  }

  passAll(): void {
    for (const [key, one] of this.#repeated) this.#end(key, one)
  }

  #isFlood({ kind, details }: AuditEntry, now: number): boolean {
    if (!floodKinds.includes(kind) || details?.includes('merged')) return false
    if (this.#flood.endsMs <= now) this.#flood = { endsMs: now + minuteMs, rows: 0 }
    this.#flood.rows += 1
    return this.#flood.rows > floodRowsMax
  }

  #end(key: string, { entry, count, atMs }: Repeated): void {
    this.#repeated.delete(key)
    if (count > 0) this.#pass({ entry, count, atMs })
  }
}
