import type { CalendarSlot, Snapshot } from '@holdfast/engine'

/** Where a value comes from: a read (`xid` null), or a transaction of this process that wrote it. */
export type Source = { snapshot: Snapshot; xid: number | null }

/** `unknown`: the known value may include this one already, or not: the slot must be read again. */
export type Order = 'newer' | 'older' | 'unknown'

type SlotTimes = Pick<CalendarSlot, 'id' | 'startsAt' | 'endsAt' | 'capacity'>
type Lanes = ReturnType<typeof lanesFor>

export const bytesPerSlot = 60

/** The units of a slot whose value was never set. */
export const notRead = -1

/** A doctor's slots by start, in typed arrays: as objects they would take five times as much memory. */
export class SlotTable {
  #lanes = lanesFor(0)

  get size(): number {
    return this.#lanes.starts.length
  }

  /** The slot's row, or -1. Without its start every row is looked at: 1 µs for 1,000. */
  find(id: string, startsAtMs: number | null): number {
    const [first, second, third, last] = wordsOf(id)
    const { ids, starts } = this.#lanes
    let row = startsAtMs === null ? 0 : this.firstFrom(startsAtMs)
    for (; row < starts.length && (startsAtMs === null || starts[row] === startsAtMs); row += 1) {
      const at = row * 4
      if (ids[at + 3] === last && ids[at + 2] === third && ids[at + 1] === second && ids[at] === first) return row
    }
    return -1
  }

  /** The first row that starts at or after a time. */
  firstFrom(startMs: number): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.startAt(middle) < startMs) low = middle + 1
      else high = middle
    }
    return low
  }

  idAt(row: number): string {
    return idOf(this.#lanes.ids.subarray(row * 4, row * 4 + 4))
  }

  startAt(row: number): number {
    return this.#lanes.starts[row] ?? 0
  }

  endAt(row: number): number {
    return this.#lanes.ends[row] ?? 0
  }

  capacityAt(row: number): number {
    return this.#lanes.capacities[row] ?? 0
  }

  availableAt(row: number): number {
    return this.#lanes.available[row] ?? notRead
  }

  /**
   * How a value is ordered to the known one: by their snapshots, because clocks do not order commits.
   * - Of two reads, the later one is newer. A read is newer than a transaction's value if it saw the transaction.
   * - Transactions read their values under the slot's lock, so of two the later one has the later snapshot.
   * - A transaction's value is newer than a read that did not see it. That is certain if the read's snapshot is not
   *   later, or the transaction had not begun. Otherwise it may have seen it.
   */
  orderOf({ snapshot, xid }: Source, row: number): Order {
    const { xmaxes, running, xids } = this.#lanes
    const knownXid = xids[row] ?? 0
    const xmax = xmaxes[row] ?? 0
    // Of two snapshots with one xmax, the later one has fewer running.
    const laterBy = snapshot.xmax - xmax || (running[row] ?? 0) - snapshot.running.length
    if (xid === null) return (knownXid > 0 ? snapshot.sees(knownXid) : laterBy >= 0) ? 'newer' : 'older'
    if (knownXid > 0) return laterBy > 0 ? 'newer' : 'older'
    return xid >= xmax || laterBy >= 0 ? 'newer' : 'unknown'
  }

  set(row: number, available: number, { snapshot, xid }: Source): void {
    this.#lanes.available[row] = available
    this.#lanes.xmaxes[row] = snapshot.xmax
    this.#lanes.running[row] = snapshot.running.length
    this.#lanes.xids[row] = xid ?? 0
  }

  /** Any value read from now on replaces the stored one. */
  forgetOrder(): void {
    for (const lane of ['xmaxes', 'running', 'xids'] as const) this.#lanes[lane].fill(0)
  }

  /**
   * Replaces the rows [first, end) by these slots, which are in order of their start. The values of those that were
   * there already stay.
   */
  replace(first: number, end: number, slots: readonly SlotTimes[]): void {
    const to = lanesFor(this.size - (end - first) + slots.length)
    copyRows(this.#lanes, 0, first, to, 0)
    copyRows(this.#lanes, end, this.size, to, first + slots.length)
    for (const [index, { id, startsAt, endsAt, capacity }] of slots.entries()) {
      const row = first + index
      const known = this.find(id, startsAt.getTime())
      to.ids.set(wordsOf(id), row * 4)
      to.starts[row] = startsAt.getTime()
      to.ends[row] = endsAt.getTime()
      to.capacities[row] = capacity
      to.available[row] = this.#lanes.available[known] ?? notRead
      for (const lane of ['xmaxes', 'running', 'xids'] as const) to[lane][row] = this.#lanes[lane][known] ?? 0
    }
    this.#lanes = to
  }
}

/** `xmaxes`, `running`: of the snapshot of the value; `xids`: the transaction that wrote it, 0 if it was read. */
function lanesFor(rows: number) {
  const buffer = new ArrayBuffer(rows * bytesPerSlot)
  return {
    starts: new Float64Array(buffer, 0, rows),
    ends: new Float64Array(buffer, rows * 8, rows),
    xmaxes: new Float64Array(buffer, rows * 16, rows),
    xids: new Float64Array(buffer, rows * 24, rows),
    ids: new Uint32Array(buffer, rows * 32, rows * 4),
    capacities: new Int32Array(buffer, rows * 48, rows),
    available: new Int32Array(buffer, rows * 52, rows),
    running: new Int32Array(buffer, rows * 56, rows),
  }
}

const laneNames = ['starts', 'ends', 'xmaxes', 'xids', 'ids', 'capacities', 'available', 'running'] as const

function copyRows(from: Lanes, first: number, end: number, to: Lanes, at: number): void {
  for (const name of laneNames) {
    const width = name === 'ids' ? 4 : 1
    to[name].set(from[name].subarray(first * width, end * width), at * width)
  }
}

const words = new Uint32Array(4)
const wordBytes = Buffer.from(words.buffer)

/** An id as four numbers, in an array that the next call uses again. */
function wordsOf(id: string): Uint32Array {
  wordBytes.write(id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24), 'hex')
  return words
}

function idOf(of: Uint32Array): string {
  words.set(of)
  const hex = wordBytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
