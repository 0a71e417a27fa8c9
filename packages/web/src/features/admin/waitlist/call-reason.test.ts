import { expect, test } from 'vitest'
import { callReason } from './call-reason.ts'

const waiting = { hasFreeTimes: false, hasDeskTimes: false, bookedSince: null, offerNotified: null }

test.for([
  ['freeTimes', { hasFreeTimes: true }],
  ['deskTimes', { hasDeskTimes: true }],
  ['notNotified', { offerNotified: false }],
  [null, { offerNotified: true }],
] as const)('who waits is called because of %s', ([reason, facts]) => {
  expect(callReason({ ...waiting, ...facts })).toBe(reason)
})

test('who has got an appointment meanwhile is not called', () => {
  const bookedSince = { bookingId: '0192f2a0-0000-7000-8000-000000000000', startsAt: '2026-12-01T09:00:00Z' }
  expect(callReason({ ...waiting, hasFreeTimes: true, hasDeskTimes: true, bookedSince })).toBeNull()
})
