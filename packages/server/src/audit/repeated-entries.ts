import { createHash } from 'node:crypto'
import { type AuditEntry, type CountedEntry, readKinds } from './audit-entry.ts'

/** `first`: what was passed at once. */
type Repeated = CountedEntry & { endsMs: number; first: CountedEntry }

const minuteMs = 60_000
/** An open page reads again every few seconds, and a flood goes on. */
const longMs = 15 * minuteMs

/**
 * Bounds how many rows the security log gets. The first of equal entries passes at once. Its repetitions within a
 * minute (reads, and what is merged: 15) are counted, and pass as one when that time is over.
 */
export class RepeatedEntries {
  readonly #pass: (counted: CountedEntry) => void
  readonly #now: () => number
  readonly #repeated = new Map<string, Repeated>()

  constructor(pass: (counted: CountedEntry) => void, now: () => number) {
    this.#pass = pass
    this.#now = now
  }

  get isEmpty(): boolean {
    return this.#repeated.size === 0
  }

  /** @returns the first of equal entries, which is or was passed at once */
  add(entry: AuditEntry, count = 1): CountedEntry {
    const now = this.#now()
    const key = keyOf(entry)
    const known = this.#repeated.get(key)
    if (known !== undefined && known.endsMs > now) {
      known.count += count
      known.atMs = now
      return known.first
    }
    if (known !== undefined) this.#end(key, known)
    const isLong = readKinds.includes(entry.kind) || entry.details?.includes('merged')
    const first = { entry, count, atMs: now }
    this.#repeated.set(key, { entry, count: 0, atMs: now, endsMs: now + (isLong ? longMs : minuteMs), first })
    this.#pass(first)
    return first
  }

  /** The first was lost: an equal entry passes at once again. */
  forget({ entry }: CountedEntry): void {
    this.#repeated.delete(keyOf(entry))
  }

  /** Passes on the repetitions whose time is over. */
  passEnded(): void {
    for (const [key, one] of this.#repeated) if (one.endsMs <= this.#now()) this.#end(key, one)
  }

  passAll(): void {
    for (const [key, one] of this.#repeated) this.#end(key, one)
  }

  #end(key: string, { entry, count, atMs }: Repeated): void {
    this.#repeated.delete(key)
    if (count > 0) this.#pass({ entry, count, atMs })
  }
}

/** A digest: an entry can have the ids of a whole list. */
function keyOf(entry: AuditEntry): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('base64')
}
