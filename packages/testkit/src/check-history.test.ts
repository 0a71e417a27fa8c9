import { expect } from 'vitest'
import { aBooking, aClinic, aDoctor, aSlot } from './builders.ts'
import { checkHistory, type HistoryEvent, type HistorySlot, replayHistory } from './check-history.ts'
import { lapseHolds } from './clock.ts'
import { test } from './database-test.ts'

test('the builders write a history without faults, in every status', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 20 })
  const statuses = ['PENDING', 'CONFIRMED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED'] as const
  for (const status of [...statuses, 'hold_expired', 'slot_withdrawn'] as const) {
    await aBooking(database, slot, { status, units: 2 })
  }
  expect(await checkHistory(database)).toEqual([])
  expect(await lapseHolds(database, slot)).toBe(1)
  expect(await checkHistory(database)).toEqual([])
})

const held: HistoryEvent = {
  bookingId: 'b',
  version: 1,
  seq: 1,
  at: new Date(1_000),
  type: 'held',
  statusAfter: null,
  slotId: 's',
  units: 1,
  holdExpiresAt: new Date(2_000),
  fromSlotId: null,
  reason: null,
  actorId: null,
}
const oneSlot: HistorySlot[] = [{ id: 's', capacity: 1, taken: 1 }]
const confirmed: HistoryEvent = { ...held, version: 2, seq: 2, type: 'confirmed', holdExpiresAt: null }
const arrived: HistoryEvent = { ...confirmed, version: 3, seq: 3, type: 'arrived' }
const reopened: HistoryEvent = { ...arrived, version: 4, seq: 4, type: 'reopened', statusAfter: 'CONFIRMED' }
const linked: HistoryEvent = { ...held, version: 2, seq: 2, type: 'linked', statusAfter: 'PENDING', actorId: 'a' }

const requested: HistoryEvent = { ...held, version: 2, seq: 2, type: 'requested' }

type Case = [expected: string, slots: HistorySlot[], events: HistoryEvent[]]

/** Ends that no booking with these events may have. */
function endsOf(
  status: string,
  events: HistoryEvent[],
  version: number,
  ends: [HistoryEvent['type'], string | null][],
) {
  return ends.map(([type, reason]): Case => {
    const end: HistoryEvent = { ...confirmed, version, seq: version, at: held.holdExpiresAt ?? held.at, type, reason }
    return [`${type} after ${status}, by the reason ${reason}`, oneSlot, [...events, end]]
  })
}

test.each<Case>([
  ['slot s has 2 of 1 units', oneSlot, [held, { ...held, bookingId: 'c', seq: 2 }]],
  ['version 3 where 2', oneSlot, [held, { ...confirmed, version: 3 }]],
  ['arrived after PENDING', oneSlot, [held, { ...confirmed, type: 'arrived' }]],
  ['extended after nothing', oneSlot, [{ ...held, type: 'extended' }]],
  ['confirmed after its end', oneSlot, [held, { ...confirmed, at: new Date(2_000) }]],
  ...(['extended', 'link_requested', 'requested'] as const).map(
    (type): Case => [
      `${type} after its end`,
      oneSlot,
      [held, { ...held, version: 2, seq: 2, type, at: new Date(2_000) }],
    ],
  ),
  [
    'expired before its end',
    oneSlot,
    [held, { ...confirmed, type: 'failed', reason: 'hold_expired', at: new Date(1_999) }],
  ],
  ...endsOf('PENDING', [held], 2, [
    ['failed', 'hold_released'],
    ['cancelled', null],
    ['cancelled', 'slot_withdrawn'],
  ]),
  ...endsOf('CONFIRMED', [held, confirmed], 3, [
    ['failed', 'hold_expired'],
    ['failed', 'slot_closed'],
    ['failed', 'system_error'],
    ['failed', null],
    ['cancelled', 'hold_released'],
    ['cancelled', 'time_taken'],
    ['cancelled', 'bumped'],
  ]),
  ['no request that holds nothing', oneSlot, [held, { ...confirmed, type: 'cancelled', reason: 'time_taken' }]],
  [
    'no request that holds nothing',
    oneSlot,
    [held, requested, { ...confirmed, version: 3, seq: 3, type: 'cancelled', reason: 'time_taken' }],
  ],
  ['before its predecessor', oneSlot, [held, { ...confirmed, at: new Date(999) }]],
  ['units went from 1 to 2', [{ id: 's', capacity: 2, taken: 2 }], [held, { ...confirmed, units: 2 }]],
  [
    'confirmed changed its slot',
    [...oneSlot, { id: 't', capacity: 1, taken: 1 }],
    [held, { ...confirmed, slotId: 't' }],
  ],
  ['a slot it was not in', oneSlot, [held, { ...confirmed, type: 'moved', fromSlotId: 't' }]],
  ['reopened after CONFIRMED', oneSlot, [held, confirmed, { ...reopened, version: 3 }]],
  [
    'reopened says ARRIVED, but leads to CONFIRMED',
    oneSlot,
    [held, confirmed, arrived, { ...reopened, statusAfter: 'ARRIVED' }],
  ],
  ['confirmed says ARRIVED, but leads to CONFIRMED', oneSlot, [held, { ...confirmed, statusAfter: 'ARRIVED' }]],
  ['linked after nothing', oneSlot, [{ ...linked, version: 1 }]],
  ['linked says CONFIRMED, but leads to PENDING', oneSlot, [held, { ...linked, statusAfter: 'CONFIRMED' }]],
  ['linked to no account', oneSlot, [held, { ...linked, actorId: null }]],
  ['linked a second time', oneSlot, [held, linked, { ...linked, version: 3, seq: 3, actorId: 'b' }]],
  ['the link changed its hold', oneSlot, [held, { ...linked, holdExpiresAt: null }]],
  ['the link changed why it failed', oneSlot, [held, { ...linked, reason: 'hold_expired' }]],
  ['confirmed after its end', oneSlot, [held, linked, { ...confirmed, version: 3, seq: 3, at: new Date(2_000) }]],
  ['taken is 0, the log says 1', [{ id: 's', capacity: 1, taken: 0 }], [held]],
  ["slot s doesn't exist", [], [held]],
])('a planted fault is reported: %s', (expected, slots, events) => {
  expect(replayHistory(slots, events).join('\n')).toContain(expected)
})

test('a valid history has no violation', () => {
  expect(replayHistory(oneSlot, [held, confirmed])).toEqual([])
  expect(replayHistory(oneSlot, [held, confirmed, arrived, reopened])).toEqual([])
  expect(replayHistory(oneSlot, [held, linked, { ...confirmed, version: 3, seq: 3 }])).toEqual([])
  const empty = [{ id: 's', capacity: 1, taken: 0 }]
  const asked: HistoryEvent = { ...requested, units: 0 }
  const taken: HistoryEvent = { ...asked, version: 3, seq: 3, type: 'cancelled', reason: 'time_taken' }
  expect(replayHistory(empty, [held, asked, taken])).toEqual([])
})
