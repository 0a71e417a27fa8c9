/** How long a row counts as locked when nothing has waited for it since. */
const forgetMs = 10_000
const rowsRememberedMax = 10_000

type Row<Entry> = { entries: Entry[]; lockedAtMs: number }

/** The group of the row `group/row`; null: it has none. */
function groupOf(row: string): string | null {
  const end = row.indexOf('/')
  return end < 0 ? null : row.slice(0, end)
}

/** The first of these items, and those of its group. */
export function sameGroup<Head extends { row: string }>(heads: readonly Head[]): Head[] {
  const [first] = heads
  const group = first === undefined ? null : groupOf(first.row)
  return heads.filter((head) => head === first || (group !== null && groupOf(head.row) === group))
}

/**
 * The items of a queue that wait for a locked row: of a slot that is being withdrawn, for example. Items of the same
 * row join them, so that the queue's batches, which have the items of all clinics, do not wait for that lock.
 *
 * The items of a row may lock more than that: a cancellation locks its booking, the slot and the waitlist. So a row may
 * be named `group/row`: items of all rows of a group join, too, while one of the group was found locked.
 */
export class SlowLane<Entry> {
  /** The entries by row; the row that was found locked longest ago first. */
  readonly #rows = new Map<string, Row<Entry>>()
  /** The rows of each group, of those that are known. */
  readonly #groups = new Map<string, Set<string>>()
  #size = 0
  /** When a row was found locked last. */
  #lockedAtMs = 0

  /** How many items wait. */
  get size(): number {
    return this.#size
  }

  /** No row is known to be locked. */
  get isEmpty(): boolean {
    if (this.#rows.size === 0) return true
    if (this.#size > 0 || performance.now() - this.#lockedAtMs < forgetMs) return false
    this.#rows.clear()
    this.#groups.clear()
    return true
  }

  /**
   * Whether an item of this row belongs here: the row, or another one of its group, was found locked, and nothing has
   * got its lock since.
   */
  has(row: string): boolean {
    if (this.#isKnown(row)) return true
    const group = groupOf(row)
    return (
      group !== null &&
      (this.#groups
        .get(group)
        ?.values()
        .some((other) => this.#isKnown(other)) ??
        false)
    )
  }

  #isKnown(row: string): boolean {
    const known = this.#rows.get(row)
    if (known === undefined) return false
    if (known.entries.length > 0 || performance.now() - known.lockedAtMs < forgetMs) return true
    this.#forget(row)
    return false
  }

  /** The row was found locked. */
  park(row: string, entry: Entry): void {
    const entries = this.#rows.get(row)?.entries ?? []
    this.#forget(row)
    if (this.#rows.size >= rowsRememberedMax) this.#forgetEmpty()
    this.#lockedAtMs = performance.now()
    this.#add(row, { entries, lockedAtMs: this.#lockedAtMs })
    this.join(row, entry)
  }

  /** For a row that {@link has} accepts. */
  join(row: string, entry: Entry): void {
    if (!this.#rows.has(row)) this.#add(row, { entries: [], lockedAtMs: Number.NEGATIVE_INFINITY })
    this.#rows.get(row)?.entries.push(entry)
    this.#size += 1
  }

  /** An item of each of the first `max` rows. */
  heads(max: number): { row: string; entry: Entry }[] {
    const heads: { row: string; entry: Entry }[] = []
    for (const [row, { entries }] of this.#rows) {
      if (heads.length >= max) break
      if (entries[0] !== undefined) heads.push({ row, entry: entries[0] })
    }
    return heads
  }

  /** Removes at most `max` items of a row. The row stays known. */
  take(row: string, max: number): Entry[] {
    const taken = this.#rows.get(row)?.entries.splice(0, max) ?? []
    this.#size -= taken.length
    return taken
  }

  /** Removes the items that `isOver` returns true for. */
  removeIf(isOver: (entry: Entry) => boolean): void {
    for (const row of this.#rows.values()) {
      const left = row.entries.filter((entry) => !isOver(entry))
      this.#size -= row.entries.length - left.length
      row.entries = left
    }
  }

  /** An item has got the row's lock, unless it was found locked again since then, by `performance.now()`. */
  unlocked(row: string, sinceMs: number): void {
    const known = this.#rows.get(row)
    if (known !== undefined && known.entries.length === 0 && known.lockedAtMs < sinceMs) this.#forget(row)
  }

  #add(row: string, known: Row<Entry>): void {
    this.#rows.set(row, known)
    const group = groupOf(row)
    if (group !== null) this.#groups.getOrInsertComputed(group, () => new Set()).add(row)
  }

  #forget(row: string): void {
    this.#rows.delete(row)
    const group = groupOf(row)
    if (group === null) return
    const rows = this.#groups.get(group)
    rows?.delete(row)
    if (rows?.size === 0) this.#groups.delete(group)
  }

  #forgetEmpty(): void {
    for (const [row, { entries }] of this.#rows) if (entries.length === 0) this.#forget(row)
  }
}
