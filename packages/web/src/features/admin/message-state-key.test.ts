import { expect, test } from 'vitest'
import { messageStateKey } from './message-state-key.ts'

const due = { state: 'due', kind: 'reminder', channel: 'email', failure: null, mayHaveArrived: false } as const

test('a reminder of a visit that is cancelled or withdrawn is not shown as waiting', () => {
  for (const status of ['CANCELLED', 'FAILED'] as const) {
    expect(messageStateKey({ ...due, booking: { status } })).toBe('messages.reminderOff')
  }
})

test('a reminder of a visit to come waits, and so does the message about a cancellation', () => {
  expect(messageStateKey({ ...due, booking: { status: 'CONFIRMED' } })).toBe('messages.state.due')
  expect(messageStateKey({ ...due, kind: 'cancelled', booking: { status: 'CANCELLED' } })).toBe('messages.state.due')
  expect(messageStateKey(due)).toBe('messages.state.due')
})

test('what became of a message that is done does not depend on its booking', () => {
  expect(messageStateKey({ ...due, state: 'sent', booking: { status: 'CANCELLED' } })).toBe('messages.state.sent')
})
