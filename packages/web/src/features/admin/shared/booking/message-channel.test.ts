import { expect, test } from 'vitest'
import { messageChannel } from './message-channel.ts'

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
