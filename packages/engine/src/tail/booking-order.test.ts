import { expect, test } from 'vitest'
import { BookingOrder } from './booking-order.ts'
import type { LogRow } from './read-log.ts'

/** The number of the transaction that wrote each version of one booking. */
const written = new Map([
  [2, 30n],
  [3, 10n],
  [4, 20n],
  [5, 40n],
])

const bookingId = 'a booking'
const rowOf = (version: number): LogRow => {
  const xid = written.get(version) ?? 0n
  const where = { slotId: '', doctorId: '', fromSlotId: null, fromDoctorId: null }
  return {
    entry: { kind: 'booking', xid, seq: 0n, bookingId, version, type: 'extended', ...where },
    predecessorIsLater: (written.get(version - 1) ?? 0n) > xid,
  }
}

const versionsOf = (entries: ReturnType<BookingOrder['pass']>) =>
  entries.map((entry) => (entry.kind === 'booking' ? entry.version : 0))

// The order of the log: 3, 4, 2, 5. Version 4 comes after 3, which waits for 2.
const rows = [3, 4, 2, 5].map(rowOf)

test('a version whose predecessor is held back waits with it, on one page or on several', () => {
  const order = new BookingOrder()
  expect(versionsOf(order.pass(rows))).toEqual([2, 3, 4, 5])
  expect(rows.flatMap((row) => versionsOf(order.pass([row])))).toEqual([2, 3, 4, 5])
  expect(order.heldBack).toBe(0)
})

test('nothing passes before the version that it waits for', () => {
  const order = new BookingOrder()
  expect(order.pass(rows.slice(0, 2))).toEqual([])
  expect(order.heldBack).toBe(2)
})
