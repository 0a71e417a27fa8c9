import { expect, test } from 'vitest'
import { endMessage, messageChannel } from './message-channel.ts'

const [email, phone] = ['ada@example.org', '07400 123456']
const clinic = { sendsEmails: true, smsKinds: ['declined'] } as const

test.for([
  ['email', { email, phone }, clinic, 'declined'],
  ['sms', { phone }, clinic, 'declined'],
  ['sms', { email, phone }, { ...clinic, sendsEmails: false }, 'declined'],
  [null, { phone }, clinic, 'confirmed'],
  [null, { email }, { ...clinic, sendsEmails: false }, 'declined'],
  [null, {}, clinic, 'declined'],
] as const)(
  '%s tells a patient, as the clinic sends and the patient has contacts',
  ([channel, contacts, sends, kind]) => {
    const { sendsEmails, smsKinds } = sends
    const of = { patient: { name: 'Ada', ...contacts } }
    expect(messageChannel(of, { sendsEmails, smsKinds: [...smsKinds] }, kind)).toBe(channel)
  },
)

test.for([
  ['email', {}, { isDeclined: false }],
  ['none', { patient: { name: 'Ada', phone } }, { isDeclined: false }],
  ['sms', { patient: { name: 'Ada', phone } }, { isDeclined: true }],
  ['notConfirmed', { status: 'PENDING' }, { isDeclined: false }],
  ['begun', { startsAt: '2026-11-23T09:00:00Z' }, { isDeclined: false }],
] as const)('what the dialog of a cancellation says: %s', ([said, differs, { isDeclined }]) => {
  const patient = { name: 'Ada', email }
  const booking = { status: 'CONFIRMED', startsAt: '2026-11-24T09:00:00Z', patient, ...differs } as const
  const now = Date.parse('2026-11-23T09:00:00Z')
  expect(endMessage(booking, { sendsEmails: true, smsKinds: ['declined'] }, { isDeclined, now })).toBe(said)
})
