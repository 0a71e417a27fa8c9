import type { CalendarSlot, Snapshot } from '@holdfast/engine'

/** Where a value comes from: a read (`xid` null), or a transaction of this process that wrote it. */
export type Source = { snapshot: Snapshot; xid: number | null }

/** `unknown`: the known value may include this one already, or not: the slot must be read again. */
export type Order = 'newer' | 'older' | 'unknown'

type SlotTimes = Pick<CalendarSlot, 'id' | 'startsAt' | 'endsAt' | 'capacity'>

export const bytesPerSlot = 60

/**
 * Where a row has which number. `xmax`, `running`: of the snapshot of the value; `xid`: the transaction that wrote it,
 * 0 if it was read. The id has 16 bytes; what is before it is Float64, what is after it Int32.
 */
const field = { start: 0, end: 8, xmax: 16, xid: 24, id: 32, capacity: 48, available: 52, running: 56 }

/** The units of a slot whose value was never set. */
export const notRead = -1

/** The id that `find` looks for. */
const wanted = withView(Buffer.alloc(16))

/** A doctor's slots by start, in one buffer: as objects they would take five times as much memory. */
export class SlotTable {
  #bytes = Buffer.alloc(0)
  #view = viewOf(this.#bytes)

  get size(): number {
    return this.#bytes.length / bytesPerSlot
  }

  /** The slot's row, or -1. Without its start every row is looked at: 1 µs for 1,000. */
  find(id: string, startsAtMs: number | null): number {
    wanted.bytes.write(id.replaceAll('-', ''), 'hex')
    return this.#rowOf(wanted.view, 0, startsAtMs)
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
    const at = row * bytesPerSlot + field.id
    const hex = this.#bytes.toString('hex', at, at + 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  startAt(row: number): number {
    return this.#view.getFloat64(row * bytesPerSlot + field.start)
  }

  endAt(row: number): number {
    return this.#view.getFloat64(row * bytesPerSlot + field.end)
  }

  capacityAt(row: number): number {
    return this.#view.getInt32(row * bytesPerSlot + field.capacity)
  }

  availableAt(row: number): number {
    return this.#view.getInt32(row * bytesPerSlot + field.available)
  }

  /**
   * How a value is ordered to the known one: by their snapshots, because clocks do not order commits.
   * - Of two reads, the later one is newer. A read is newer than a transaction's value if it saw the transaction.
   * - Transactions read their values under the slot's lock, so of two the later one has the later snapshot.
   * - A transaction's value is newer than a read that did not see it. That is certain if the read's snapshot is not
   *   later, or the transaction had not begun. Otherwise it may have seen it.
   */
  orderOf({ snapshot, xid }: Source, row: number): Order {
    const at = row * bytesPerSlot
    const knownXid = this.#view.getFloat64(at + field.xid)
    const xmax = this.#view.getFloat64(at + field.xmax)
    // If two snapshots have the same xmax, the later one has fewer running transactions.
    const laterBy = snapshot.xmax - xmax || this.#view.getInt32(at + field.running) - snapshot.running.length
    if (xid === null) return (knownXid > 0 ? snapshot.sees(knownXid) : laterBy >= 0) ? 'newer' : 'older'
    if (knownXid > 0) return laterBy > 0 ? 'newer' : 'older'
    return xid >= xmax || laterBy >= 0 ? 'newer' : 'unknown'
  }

  set(row: number, available: number, { snapshot, xid }: Source): void {
    this.#view.setInt32(row * bytesPerSlot + field.available, available)
    this.#setOrder(row, snapshot.xmax, snapshot.running.length, xid ?? 0)
  }

  /** Any value read from now on replaces the stored one. */
  forgetOrder(): void {
    for (let row = 0; row < this.size; row += 1) this.#setOrder(row, 0, 0, 0)
  }

  /**
   * Replaces the rows [first, end) by these slots, which are in order of their start. The values of those that were
   * there already stay.
   */
  replace(first: number, end: number, slots: readonly SlotTimes[]): void {
    const bytes = Buffer.alloc((this.size - (end - first) + slots.length) * bytesPerSlot)
    const view = viewOf(bytes)
    this.#bytes.copy(bytes, 0, 0, first * bytesPerSlot)
    this.#bytes.copy(bytes, (first + slots.length) * bytesPerSlot, end * bytesPerSlot)
    for (const [index, { id, startsAt, endsAt, capacity }] of slots.entries()) {
      const at = (first + index) * bytesPerSlot
      const startMs = startsAt.getTime()
      bytes.write(id.replaceAll('-', ''), at + field.id, 'hex')
      const known = this.#rowOf(view, at + field.id, startMs) * bytesPerSlot
      if (known >= 0) this.#bytes.copy(bytes, at, known, known + bytesPerSlot)
      else view.setInt32(at + field.available, notRead)
      view.setFloat64(at + field.start, startMs)
      view.setFloat64(at + field.end, endsAt.getTime())
      view.setInt32(at + field.capacity, capacity)
    }
    this.#bytes = bytes
    this.#view = view
  }

  /** The row whose id is the 16 bytes at an offset of another view, or -1. */
  #rowOf(view: DataView, offset: number, startsAtMs: number | null): number {
    // Nearly all ids differ in their last digits.
    const last = view.getUint32(offset + 12)
    const size = this.size
    let row = startsAtMs === null ? 0 : this.firstFrom(startsAtMs)
    for (; row < size && (startsAtMs === null || this.startAt(row) === startsAtMs); row += 1) {
      const at = row * bytesPerSlot + field.id
      if (
        this.#view.getUint32(at + 12) === last &&
        this.#view.getUint32(at + 8) === view.getUint32(offset + 8) &&
        this.#view.getUint32(at + 4) === view.getUint32(offset + 4) &&
        this.#view.getUint32(at) === view.getUint32(offset)
      )
        return row
    }
    return -1
  }

  #setOrder(row: number, xmax: number, running: number, xid: number): void {
    const at = row * bytesPerSlot
    this.#view.setFloat64(at + field.xmax, xmax)
    this.#view.setInt32(at + field.running, running)
    this.#view.setFloat64(at + field.xid, xid)
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length)
}

function withView(bytes: Buffer): { bytes: Buffer; view: DataView } {
  return { bytes, view: viewOf(bytes) }
}
