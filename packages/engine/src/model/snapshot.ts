/**
 * What a statement could see, as `pg_current_snapshot()` says: everything below `xmax` but for the transactions that
 * were `running`. The later of two snapshots of one database server sees all that the other sees, and what
 * was committed between them; this is how facts are ordered, because a commit has no place on any clock.
 */
export class Snapshot {
  /** Every transaction below it had ended. */
  readonly xmin: number
  /** No transaction at or above it had ended. */
  readonly xmax: number
  /** Transactions below `xmax` that were in progress, in ascending order. */
  readonly running: readonly number[]

  constructor(xmin: number, xmax: number, running: readonly number[]) {
    this.xmin = xmin
    this.xmax = xmax
    this.running = running
  }

  /** Whether it sees what the transaction wrote, if that has committed. */
  sees(xid: number): boolean {
    return xid < this.xmin || (xid < this.xmax && !this.running.includes(xid))
  }

  /** Whether it was taken before `other`, and before a commit that `other` sees. */
  isBefore(other: Snapshot): boolean {
    return this.xmax < other.xmax || (this.xmax === other.xmax && this.running.length > other.running.length)
  }
}

/**
 * A snapshot from its text, `xmin:xmax:xid,xid…`.
 *
 * @param takenBy the transaction that took it, which PostgreSQL leaves out of `running`: other sessions' snapshots of
 *   the same moment list it, so without it this one would seem to be later than they are
 * @throws RangeError for a text that is no snapshot, or with an id beyond 2^53
 */
export function parseSnapshot(text: string, takenBy: number | null = null): Snapshot {
  const [xmin, xmax, running, ...rest] = text.split(':')
  if (xmin === undefined || xmax === undefined || running === undefined || rest.length > 0) {
    throw new RangeError(`${JSON.stringify(text)} is no snapshot.`)
  }
  const snapshot = new Snapshot(parseXid(xmin), parseXid(xmax), running === '' ? [] : running.split(',').map(parseXid))
  if (takenBy === null || !snapshot.sees(takenBy)) return snapshot
  const all = [...snapshot.running, takenBy].sort((one, other) => one - other)
  return new Snapshot(Math.min(snapshot.xmin, takenBy), snapshot.xmax, all)
}

/** @throws RangeError for what is not the id of a transaction (xid8), or is beyond 2^53 */
export function parseXid(text: string): number {
  const xid = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(xid)) {
    throw new RangeError(`${JSON.stringify(text)} is not the id of a transaction below 2^53.`)
  }
  return xid
}
