import { expect, test } from 'vitest'
import { statusLabel } from '../../../../domain/bookings/status-label.ts'
import { eventLabel } from './event-label.ts'

test.each(['slot_withdrawn', 'slot_closed', 'hold_expired', 'hold_released'] as const)(
  'the status of a booking and its history have the same words for %s',
  (failureReason) => {
    const isReleased = failureReason === 'hold_released'
    const status = statusLabel({ status: isReleased ? 'CANCELLED' : 'FAILED', failureReason })
    const type = isReleased ? 'cancelled' : 'failed'
    expect(`shell:${status}`).toBe(eventLabel({ type, reason: failureReason }))
  },
)

test('other events have their words', () => {
  expect(eventLabel({ type: 'cancelled', reason: 'Is ill' })).toBe('admin:events.cancelled')
  expect(eventLabel({ type: 'failed', reason: null })).toBe('admin:events.failed')
})
