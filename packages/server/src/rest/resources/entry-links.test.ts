import type { Mail } from '@holdfast/adapters/smtp'
import { endWaitlistEntries } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, aWaitlistEntry, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test as restTest } from '../../../test/rest-test.ts'
import { sentAccountMails } from '../../../test/sent-account-mails.ts'
import { createEntryLinkProcessor } from '../../account-requests/entry-link-request.ts'
import { mailLinks } from '../../compose/jobs/message-sender.ts'
import { createAccountMails } from '../../messages/account-mails/account-mails.ts'
import type { EntryMail } from '../../messages/account-mails/entry-mail.ts'
import { storeExpiredMail } from '../../messages/account-mails/store-ended-mail.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'

const secrets = ['a secret of the tests']
const network = '198.51.100.0/24'

/** `rest` has no mail server, `sending` has one. */
const test = restTest.extend('sending', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  const sending = await startRestApp(database, { replaced: { mails } })
  onCleanup(() => sending.stop())
  return sending
})

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

/** A doctor without a free time, and what somebody who waits for one asks for. */
async function aFullDoctor(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic, { name: 'Dr Ada Lovelace' })
  const day = (await aSlot(database, doctor)).startsAt.toISOString().slice(0, 10)
  await database.ownerPool.query('update holdfast.slot set blocked_at = now() where resource_id = $1', [doctor.id])
  return { clinic, doctor, wanted: { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day } }
}

/** Sends what is stored. */
function sent(database: TestDatabase): Promise<Mail[]> {
  const settings = { publicUrl: 'https://book.example.org', port: 0 } as Parameters<typeof mailLinks>[0]
  return sentAccountMails(database, secrets, mailLinks(settings, secrets))
}

/** Reads the entry with the link of a mail. */
async function opened(rest: RestApp, { text }: Mail) {
  const [, entryId = '', token = ''] = /\/waitlist-entry#([0-9a-f-]{36})\.(hfm_\S+)/.exec(text) ?? []
  return (await rest.call('getWaitlistEntry', { path: { entryId }, token })).body
}

test('whoever joins gets the link to the entry by e-mail, once', async ({ database, sending: rest }) => {
  const { wanted } = await aFullDoctor(database)
  const request = { body: { ...wanted, patient }, key: 'join once' }
  const joined = await rest.call('createWaitlistEntry', request)
  expect(joined.status).toBe(201)
  expect((await rest.call('createWaitlistEntry', request)).status).toBe(200)
  const [mail, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(mail).toMatchObject({
    to: { address: patient.email },
    subject: expect.stringMatching('^You are on the waitlist'),
  })
  for (const part of ['Hello Grace Hopper', 'Dr Ada Lovelace', '/leave-waitlist#']) expect(mail?.text).toContain(part)
  expect(mail && (await opened(rest, mail))).toMatchObject({ id: joined.body.id, status: 'waiting' })
})

test('who is added by the clinic gets it too, and nobody without an address or at a clinic without e-mails', async ({
  database,
  sending: rest,
}) => {
  const { clinic, wanted } = await aFullDoctor(database)
  const desk = await rest.aMember(clinic.no, 'staff')
  const add = (who: { name: string; email?: string }) =>
    rest.call('createWaitlistEntry', { as: desk, body: { ...wanted, patient: who, onBehalf: true } })
  expect((await add({ name: 'Ada' })).status).toBe(201)
  expect(await sent(database)).toEqual([])
  await add(patient)
  expect(await sent(database)).toHaveLength(1)
  await rest.engine.messages.changeSettings(clinic.no, { emails: false })
  await add({ ...patient, name: 'Another' })
  expect(await sent(database)).toEqual([])
})

test('a corrected address gets a new link, and the former one’s is void', async ({ database, sending: rest }) => {
  const { clinic, wanted } = await aFullDoctor(database)
  const joined = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  const token = joined.body.manageToken ?? ''
  const path = { entryId: joined.body.id }
  await sent(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const correct = (corrected: object) => rest.call('correctWaitlistEntry', { as, path, body: { patient: corrected } })
  expect((await correct({ name: 'Grace M. Hopper' })).status).toBe(200)
  expect(await sent(database)).toEqual([])
  expect((await rest.call('getWaitlistEntry', { path, token })).status).toBe(200)
  expect((await correct({ email: 'right@example.org' })).body.patient).toEqual({
    name: 'Grace M. Hopper',
    email: 'right@example.org',
  })
  expect((await rest.call('getWaitlistEntry', { path, token })).problem.code).toBe('waitlist_entry_not_found')
  const [mail, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(mail).toMatchObject({ to: { address: 'right@example.org' } })
  expect(mail && (await opened(rest, mail))).toMatchObject({ id: joined.body.id, status: 'waiting' })
})

test('who has left meanwhile gets no link', async ({ database, sending: rest }) => {
  const { wanted } = await aFullDoctor(database)
  const { body } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  await rest.call('leaveWaitlist', { path: { entryId: body.id }, token: body.manageToken })
  expect(await sent(database)).toEqual([])
})

test('who is removed, or past the last day, gets one e-mail that says so', async ({ database, sending: rest }) => {
  const { clinic, doctor, wanted } = await aFullDoctor(database)
  const { body } = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  await sent(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const remove = () => rest.call('leaveWaitlist', { as, path: { entryId: body.id } })
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 204])
  const [removed, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(removed).toMatchObject({ to: { address: patient.email } })
  for (const part of ['has taken you off the waitlist', 'Dr Ada Lovelace']) expect(removed?.text).toContain(part)

  const past = await aWaitlistEntry(database, doctor, { patient, from: '2020-01-01', to: '2020-01-02' })
  const open = await aWaitlistEntry(database, doctor, { patient: { ...patient, name: 'Waits' } })
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  const storeMail = storeExpiredMail(mails, createRecipientDigests(secrets))
  const end = () => endWaitlistEntries(database.appPool, { storeMail })
  expect([await end(), await end()]).toEqual([1, 0])
  expect(await rest.engine.waitlist.entry(past.id)).toMatchObject({ status: 'ended', endReason: 'expired' })
  expect(await rest.engine.waitlist.entry(open.id)).toMatchObject({ endReason: null, endedAt: null })
  const [expired, ...more] = await sent(database)
  expect(more).toEqual([])
  expect(expired?.text).toContain('The last day that you waited for')
  // A patient who leaves knows it.
  await rest.engine.waitlist.leave(open.id, 'left', null)
  expect(await sent(database)).toEqual([])
})

test('an address gets ten such e-mails in a day, whoever enters it', async ({ database, sending: rest }) => {
  const { wanted } = await aFullDoctor(database)
  for (let n = 1; n <= 12; n += 1) {
    const body = { ...wanted, patient: { name: `Grace ${n}`, email: 'flooded@example.org' } }
    expect((await rest.call('createWaitlistEntry', { body })).status).toBe(201)
  }
  const mails = [...(await sent(database)), ...(await sent(database))]
  expect(mails).toHaveLength(10)
})

test('an address gets ten e-mails in a day about entries whose last day is past', async ({ database }) => {
  const { doctor } = await aFullDoctor(database)
  const ofDay = { from: '2020-01-01', to: '2020-01-02' }
  for (let n = 1; n <= 12; n += 1) {
    await aWaitlistEntry(database, doctor, { patient: { name: `Grace ${n}`, email: 'ends@example.org' }, ...ofDay })
  }
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  const storeMail = storeExpiredMail(mails, createRecipientDigests(secrets))
  expect(await endWaitlistEntries(database.appPool, { storeMail })).toBe(12)
  expect([...(await sent(database)), ...(await sent(database))]).toHaveLength(10)
})

test('a lost link is sent to the address of the entry alone, and the response is the same without one', async ({
  database,
  sending: rest,
}) => {
  const { clinic, doctor } = await aFullDoctor(database)
  const other = await aFullDoctor(database)
  const entry = await aWaitlistEntry(database, doctor, { patient })
  await aWaitlistEntry(database, doctor, { patient: { name: 'Ada', email: 'ada@example.org' } })
  await aWaitlistEntry(database, other.doctor, { patient })
  const ended = await aWaitlistEntry(database, doctor, { patient })
  await rest.engine.waitlist.leave(ended.id, 'left', null)
  const ask = (email: string) => rest.call('sendWaitlistLinks', { body: { clinicId: clinic.id, email } })
  const [known, unknown] = [await ask(' Grace@example.org'.trim()), await ask('nobody@example.org')]
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
  const run = createEntryLinkProcessor(rest.engine, { ofEntries: async () => true })
  const stored: EntryMail[] = []
  const store = async (mails: readonly unknown[]) => void stored.push(...(mails as EntryMail[]))
  for (const email of ['GRACE@example.org', 'nobody@example.org']) {
    const wanted = { clinicId: clinic.id, email, language: 'de', network, isProven: false } as const
    await run(wanted, { endRequest: async () => undefined, store })
  }
  const context = { entryId: entry.id, otherEntryIds: [], isRequested: true, language: 'de' }
  expect(stored).toEqual([{ kind: 'entry_link', context }])
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  for (const mail of stored) await mails.store(database.appPool, mail, 24)
  const [mail, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(mail).toMatchObject({ to: { address: patient.email }, subject: expect.stringMatching('^Ihr Eintrag') })
  expect(mail && (await opened(rest, mail))).toMatchObject({ id: entry.id })
})

test('lost links of several entries are in one e-mail, but not ended ones', async ({ database, sending: rest }) => {
  const { clinic, doctor } = await aFullDoctor(database)
  const email = 'family@example.org'
  const join = (name: string) => aWaitlistEntry(database, doctor, { patient: { name, email } })
  const entries = [await join('Ada'), await join('Grace'), await join('Mary'), await join('Ida'), await join('Emmy')]
  const run = createEntryLinkProcessor(rest.engine, { ofEntries: async () => true })
  const stored: EntryMail[] = []
  const store = async (mails: readonly unknown[]) => void stored.push(...(mails as EntryMail[]))
  const wanted = { clinicId: clinic.id, email, language: null, network, isProven: false }
  await run(wanted, { endRequest: async () => undefined, store })
  expect(stored).toHaveLength(1)
  const mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
  for (const mail of stored) await mails.store(database.appPool, mail, 24)
  const [ended, ...open] = entries
  await rest.engine.waitlist.leave(ended?.id ?? '', 'left', null)
  const [mail, ...others] = await sent(database)
  expect(others).toEqual([])
  expect(mail).toMatchObject({ to: { address: email }, subject: expect.stringMatching('^Your entries') })
  expect(mail?.text).not.toContain('Ada,')
  const ids = [...(mail?.text ?? '').matchAll(/\/waitlist-entry#([0-9a-f-]{36})/g)].map(([, id]) => id)
  expect(ids).toEqual(open.map(({ id }) => id))
  expect(mail?.text).toContain('Grace, Dr Ada Lovelace, ')
})

test('without a mail server there is no way back, and nothing is stored', async ({ database, rest }) => {
  const { clinic, wanted } = await aFullDoctor(database)
  expect((await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })).status).toBe(201)
  const body = { clinicId: clinic.id, email: patient.email }
  expect((await rest.call('sendWaitlistLinks', { body })).problem.code).toBe('mail_unavailable')
  expect(await sent(database)).toEqual([])
})
