import { expect, test } from 'vitest'
import { cancellationMail } from './cancellation-mail.ts'

const now = Date.parse('2026-11-23T09:00:00Z')
const booking = {
  status: 'CONFIRMED',
  startsAt: '2026-11-24T09:00:00Z',
  patient: { name: 'Rosa', email: 'rosa@example.org' },
} as const
const clinic = { sendsEmails: true }

test('a confirmed booking to come is announced to the address of its patient', () => {
  expect(cancellationMail(booking, clinic, now)).toBe('sent')
})

test.for([
  ['notConfirmed', { ...booking, status: 'PENDING' }, clinic],
  ['begun', { ...booking, startsAt: '2026-11-23T09:00:00Z' }, clinic],
  ['noAddress', { ...booking, patient: { name: 'Rosa' } }, clinic],
  ['clinicSendsNone', booking, { sendsEmails: false }],
] as const)('nothing is sent: %s', ([reason, one, of]) => {
  expect(cancellationMail(one, of, now)).toBe(reason)
})
