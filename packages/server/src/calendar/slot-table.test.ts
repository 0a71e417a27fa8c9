import { newId, Snapshot } from '@holdfast/engine'
import { describe, expect, test } from 'vitest'
import { bytesPerSlot, type Order, SlotTable, type Source } from './slot-table.ts'

const minuteMs = 60_000
const slotAt = (minute: number, id = newId(1)) => ({
  id,
  startsAt: new Date(minute * minuteMs),
  endsAt: new Date((minute + 15) * minuteMs),
  capacity: 3,
})

/** A snapshot that sees every transaction below `xmax`, but for those running. */
const seen = (xmax: number, ...running: number[]) => new Snapshot(Math.min(xmax, ...running), xmax, running)
const read = (snapshot: Snapshot): Source => ({ snapshot, xid: null })
const own = (xid: number, snapshot: Snapshot): Source => ({ snapshot, xid })

describe('a value replaces the known one if it is newer', () => {
  const cases: [what: string, known: Source, incoming: Source, order: Order][] = [
    ['a later read', read(seen(10)), read(seen(11)), 'newer'],
    ['a read in which fewer were running', read(seen(10, 5, 7)), read(seen(10, 7)), 'newer'],
    ['the same read', read(seen(10, 5)), read(seen(10, 5)), 'newer'],
    ['an earlier read', read(seen(11)), read(seen(10)), 'older'],
    ['a read in which more were running', read(seen(10)), read(seen(10, 5)), 'older'],
    ['a read that saw the own transaction', own(8, seen(9, 8)), read(seen(10)), 'newer'],
    ['a read before the own transaction ended', own(8, seen(9, 8)), read(seen(20, 8)), 'older'],
    ['a read before the own transaction began', own(8, seen(8)), read(seen(8)), 'older'],
    // The one with the lower id got the lock later.
    ['of two own, the one that got the lock later', own(9, seen(8, 7)), own(7, seen(10, 7)), 'newer'],
    ['of two own, the one that got the lock first', own(7, seen(10, 7)), own(9, seen(8, 7)), 'older'],
    ['the same own transaction again', own(7, seen(8, 7)), own(7, seen(8, 7)), 'older'],
    ['own, after a read before it began', read(seen(9)), own(9, seen(12, 9)), 'newer'],
    ['own, after a read before it had the lock', read(seen(12, 9, 10)), own(9, seen(12, 9)), 'newer'],
    ['own, after a read that may have seen it', read(seen(12)), own(9, seen(12, 9, 10)), 'unknown'],
    ['own, after a read that may not have seen it', read(seen(14, 9)), own(9, seen(12, 9)), 'unknown'],
  ]
  test.for(cases)('%s', ([, known, incoming, order]) => {
    const table = new SlotTable()
    table.replace(0, 0, [slotAt(0)])
    table.set(0, 2, known)
    expect(table.orderOf(incoming, 0)).toBe(order)
  })

  test('any value replaces none, and any that is known when the order is forgotten', () => {
    const table = new SlotTable()
    table.replace(0, 0, [slotAt(0)])
    expect(table.orderOf(own(1, seen(1)), 0)).toBe('newer')
    table.set(0, 2, own(900, seen(901, 900)))
    expect(table.orderOf(read(seen(10)), 0)).toBe('older')
    table.forgetOrder()
    expect(table.orderOf(read(seen(10)), 0)).toBe('newer')
    expect(table.orderOf(own(7, seen(8, 7)), 0)).toBe('newer')
  })
})

describe('slots by start', () => {
  const slots = [0, 15, 30, 45].map((minute) => slotAt(minute))
  const [first, second, third] = slots
  const ids = (table: SlotTable) => Array.from({ length: table.size }, (_, row) => table.idAt(row))
  const aTable = () => {
    const table = new SlotTable()
    table.replace(0, 0, slots)
    return table
  }

  test('are found with and without their start', () => {
    const table = aTable()
    expect(ids(table)).toEqual(slots.map(({ id }) => id))
    for (const [row, { id, startsAt }] of slots.entries()) {
      expect(table.find(id, startsAt.getTime())).toBe(row)
      expect(table.find(id, null)).toBe(row)
      expect(table.find(id, startsAt.getTime() + 1)).toBe(-1)
    }
    expect(table.find(newId(1), null)).toBe(-1)
    expect([table.startAt(1), table.endAt(1), table.capacityAt(1)]).toEqual([15 * minuteMs, 30 * minuteMs, 3])
    expect(table.firstFrom(15 * minuteMs)).toBe(1)
    expect(table.firstFrom(15 * minuteMs + 1)).toBe(2)
  })

  test('with the same start are told apart', () => {
    const twin = slotAt(15)
    const table = aTable()
    table.replace(2, 2, [twin])
    expect(table.find(twin.id, 15 * minuteMs)).toBe(2)
    expect(table.find(second?.id ?? '', 15 * minuteMs)).toBe(1)
  })

  test('are replaced in a range; the values of those that stay are kept, of new ones not known', () => {
    const table = aTable()
    for (const row of [0, 1, 2, 3]) table.set(row, row, read(seen(50)))
    const added = slotAt(20)
    table.replace(
      1,
      3,
      [second, added].filter((slot) => slot !== undefined),
    )
    expect(ids(table)).toEqual([first?.id, second?.id, added.id, slots[3]?.id])
    expect([0, 1, 2, 3].map((row) => table.availableAt(row))).toEqual([0, 1, -1, 3])
    expect(table.orderOf(read(seen(40)), 1)).toBe('older')
    expect(table.orderOf(read(seen(40)), 2)).toBe('newer')
    expect(table.find(third?.id ?? '', null)).toBe(-1)
  })

  test('take 60 bytes each', () => {
    expect(bytesPerSlot).toBe(60)
    const table = new SlotTable()
    const many = Array.from({ length: 10_000 }, (_, minute) => slotAt(minute))
    const before = process.memoryUsage().arrayBuffers
    table.replace(0, 0, many)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(620_000)
  })
})
