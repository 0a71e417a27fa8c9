import { expect, test } from 'vitest'
import { messageReason, messageStateKey } from './message-state-key.ts'

const due = {
  state: 'due',
  kind: 'reminder',
  channel: 'email',
  failure: null,
  mayHaveArrived: false,
  reason: null,
  willSkip: null,
} as const

test('a message that the server will skip is not shown as waiting, and why', () => {
  const moved = { ...due, willSkip: 'replaced', booking: { status: 'CONFIRMED' } } as const
  expect([messageStateKey(moved), messageReason(moved)]).toEqual(['messages.willSkip', 'replaced'])
  const turnedOff = { ...due, willSkip: 'reminder_off', booking: { status: 'CONFIRMED' } } as const
  expect([messageStateKey(turnedOff), messageReason(turnedOff)]).toEqual(['messages.willSkip', 'reminder_off'])
  for (const status of ['CANCELLED', 'FAILED'] as const) {
    const off = { ...due, willSkip: 'replaced', booking: { status } } as const
    expect([messageStateKey(off), messageReason(off)]).toEqual(['messages.willSkip', 'visit_off'])
    expect(messageReason({ ...off, kind: 'cancelled' })).toBe('replaced')
  }
})

test('others wait, whatever their booking is', () => {
  for (const status of ['CONFIRMED', 'CANCELLED'] as const) {
    const waiting = { ...due, kind: 'cancelled', booking: { status } } as const
    expect([messageStateKey(waiting), messageReason(waiting)]).toEqual(['messages.state.due', null])
  }
  expect(messageReason({ ...due, reason: 'quiet_hours' })).toBe('quiet_hours')
})

test('what became of a message that is done does not depend on its booking', () => {
  expect(messageStateKey({ ...due, state: 'sent' })).toBe('messages.state.sent')
})
