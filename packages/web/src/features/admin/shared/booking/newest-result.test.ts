import type { Message } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { newestResult } from './newest-result.ts'

const message = (doneAt: string | null, change: Partial<Message>): Message => ({
  id: `message of ${doneAt}`,
  bookingId: 'booking',
  kind: 'confirmed',
  channel: 'email',
  state: 'sent',
  maskedAddress: 'a…@example.org',
  result: null,
  reason: null,
  failure: null,
  attempts: 1,
  attemptedAt: doneAt,
  dueAt: '2026-11-20T10:00:00Z',
  doneAt,
  createdAt: '2026-11-20T10:00:00Z',
  hasContent: false,
  mayHaveArrived: false,
  ...change,
})

const refused = { state: 'failed', failure: 'address_refused' } as const

test('the e-mail that ended last counts, not an SMS, nor one that waits or was not needed', () => {
  const first = message('2026-11-20T10:00:00Z', {})
  const last = message('2026-11-20T11:00:00Z', refused)
  const others = [
    message('2026-11-20T12:00:00Z', { channel: 'sms' }),
    message(null, { state: 'due' }),
    message('2026-11-20T13:00:00Z', { state: 'skipped' }),
  ]
  expect(newestResult([first, ...others, last])).toBe(last)
  expect(newestResult(others)).toBeUndefined()
})

test('an e-mail that was accepted after a refusal ends it', () => {
  const accepted = message('2026-11-20T12:00:00Z', {})
  expect(newestResult([message('2026-11-20T11:00:00Z', refused), accepted])).toBe(accepted)
})
