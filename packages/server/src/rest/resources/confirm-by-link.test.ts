import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { aClinic, aDoctor, aMember, aSlot, holdLock, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, vi } from 'vitest'
import type { CallOptions, RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createConfirmationTokens } from '../../secrets/confirmation-tokens.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }
const tokens = createConfirmationTokens(['a secret of the tests'])

async function aClinicByLink(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 9 })
  await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 30 })
  return { clinic, slot }
}

async function aHold(rest: RestApp, slotId: string, who: Pick<CallOptions, 'as'> = {}) {
  const { body } = await rest.call('createBooking', { body: { slotId }, ...who })
  const token = who.as === undefined ? { token: body.manageToken ?? '' } : who
  return { path: { bookingId: body.id }, ...token }
}

const linkOf = ({ path }: { path: { bookingId: string } }, email = patient.email) => ({
  confirmationToken: tokens.issue(path.bookingId, email),
})

test('a guest’s hold is confirmed by the link alone', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const hold = await aHold(rest, slot.id)
  const asked = await rest.call('confirmBooking', { ...hold, body: { patient, reason: 'Knee' } })
  expect(asked.status).toBe(200)
  expect(asked.body).toMatchObject({ status: 'PENDING', patient, reason: 'Knee' })
  expect(asked.body.confirmationLink).toEqual({
    sentAt: expect.any(String),
    nextAt: expect.any(String),
    failure: null,
  })
  const minutes = (Date.parse(asked.body.holdExpiresAt ?? '') - Date.parse(asked.body.updatedAt)) / 60_000
  expect(minutes).toBeCloseTo(30, 2)
  // Neither asking again nor reading, as a mail scanner does, confirms it.
  expect((await rest.call('confirmBooking', hold)).body.status).toBe('PENDING')
  expect((await rest.call('getBooking', hold)).body.confirmationLink).toEqual(asked.body.confirmationLink)
  const done = await rest.call('confirmBooking', { ...hold, body: linkOf(hold) })
  expect(done.body).toMatchObject({ status: 'CONFIRMED', patient, reason: 'Knee' })
  expect(done.body.confirmationLink).toBeUndefined()
  expect((await rest.call('confirmBooking', { ...hold, body: linkOf(hold) })).body.status).toBe('CONFIRMED')
})

test('a hold says why its e-mail was not sent, until another is asked for', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const hold = await aHold(rest, slot.id)
  await rest.call('confirmBooking', { ...hold, body: { patient } })
  const failure = async () => (await rest.call('getBooking', hold)).body.confirmationLink?.failure
  await database.ownerPool.query(sql`
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
     select ${slot.clinicNo}, ${newId(slot.clinicNo)}, booking_id, version, slot_id, 'confirm', 'email', now()
       from holdfast.booking_event where booking_id = ${hold.path.bookingId} and type = 'link_requested'`)
  const become = (state: string, more: string) =>
    database.ownerPool.query(`update holdfast.message set state = $2, ${more} where booking_id = $1`, [
      hold.path.bookingId,
      state,
    ])
  expect(await failure()).toBeNull()
  await become('failed', `done_at = now(), failure = 'address_refused'`)
  expect(await failure()).toBe('address_refused')
  await become('failed', `failure = 'unavailable'`)
  expect(await failure()).toBe('not_sent')
  await become('failed', `failure = 'unknown'`)
  expect(await failure()).toBe('unknown')
  await become('skipped', `failure = null, reason = 'address_limit'`)
  expect(await failure()).toBe('address_limit')
  await become('skipped', `reason = 'network_limit'`)
  expect(await failure()).toBe('network_limit')
  await become('sent', `reason = null`)
  expect(await failure()).toBeNull()
  await become('skipped', `reason = 'address_limit'`)
  const other = { patient: { ...patient, email: 'ada@example.com' } }
  const again = await rest.call('confirmBooking', { ...hold, body: other })
  expect([again.status, again.body.confirmationLink?.failure]).toEqual([200, null])
})

test('a booking without a hold before it stays one; a retry gets the same, and asks for no second link', async ({
  database,
  sending: rest,
}) => {
  const { slot } = await aClinicByLink(database, rest)
  const request = { body: { slotId: slot.id, patient, confirm: true }, headers: { 'idempotency-key': randomUUID() } }
  const [made, again] = [await rest.call('createBooking', request), await rest.call('createBooking', request)]
  expect([made.status, again.status]).toEqual([201, 200])
  expect(made.body).toMatchObject({ status: 'PENDING', confirmationLink: { sentAt: expect.any(String) } })
  expect(again.body).toEqual(made.body)
  const events = await rest.engine.reads.eventsOfBooking(made.body.id)
  expect(events.map(({ type }) => type)).toEqual(['held', 'link_requested'])
})

test('a link of another booking or address confirms nothing', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const [hold, other] = [await aHold(rest, slot.id), await aHold(rest, slot.id)]
  await rest.call('confirmBooking', { ...hold, body: { patient } })
  // A typing error is corrected: the first link is void.
  await rest.call('confirmBooking', { ...hold, body: { patient: { ...patient, email: 'lovelace@example.org' } } })
  for (const body of [
    linkOf(hold),
    linkOf(other),
    { confirmationToken: rest.manageTokens.issue(hold.path.bookingId) },
  ]) {
    const refused = await rest.call('confirmBooking', { ...hold, body })
    expect(refused.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/confirmationToken' }] })
  }
  const both = await rest.call('confirmBooking', {
    ...hold,
    body: { ...linkOf(hold, 'lovelace@example.org'), patient },
  })
  expect(both.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient' }] })
  expect((await rest.call('getBooking', hold)).body.status).toBe('PENDING')
  const right = await rest.call('confirmBooking', { ...hold, body: linkOf(hold, 'Lovelace@example.org') })
  expect(right.body.status).toBe('CONFIRMED')
})

test('a link whose address was changed before it confirms is void', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const hold = await aHold(rest, slot.id)
  await rest.call('confirmBooking', { ...hold, body: { patient } })
  changedBeforeItIsConfirmed(rest, hold)
  const refused = await rest.call('confirmBooking', { ...hold, body: linkOf(hold) })
  expect(refused.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/confirmationToken' }] })
  expect((await rest.call('getBooking', hold)).body).toMatchObject({ status: 'PENDING', patient: another })
})

test('a hold that gets an address before a confirmation without one waits', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const { body } = await rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'Ada' } } })
  const hold = { path: { bookingId: body.id }, token: body.manageToken ?? '' }
  changedBeforeItIsConfirmed(rest, hold)
  const asked = await rest.call('confirmBooking', hold)
  expect(asked.body).toMatchObject({ status: 'PENDING', patient: another })
  expect((await rest.call('getBooking', hold)).body.status).toBe('PENDING')
})

test('without the judged version, an address without proof is confirmed', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const { body } = await rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'Ada' } } })
  const hold = { path: { bookingId: body.id }, token: body.manageToken ?? '' }
  changedBeforeItIsConfirmed(rest, hold, { judgedVersion: null })
  expect((await rest.call('confirmBooking', hold)).body).toMatchObject({ status: 'CONFIRMED', patient: another })
})

const another = { name: 'Grace', email: 'grace@example.org' }

/** The next confirmation is written after another request has given the hold another patient. */
function changedBeforeItIsConfirmed(rest: RestApp, hold: Awaited<ReturnType<typeof aHold>>, planted = {}) {
  const settle = rest.engine.settle.bind(rest.engine)
  const settling = vi.spyOn(rest.engine, 'settle').mockImplementationOnce(async (request) => {
    settling.mockRestore()
    const asked = await rest.call('confirmBooking', { ...hold, body: { patient: another } })
    expect(asked.body).toMatchObject({ status: 'PENDING', patient: another })
    return settle({ ...request, ...planted })
  })
}

test('no link is needed without an address, in another clinic, for the desk, and without a mail server', async ({
  database,
  rest,
  sending,
}) => {
  const { clinic, slot } = await aClinicByLink(database, sending)
  const elsewhere = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const staff = await sending.aMember(clinic.no, 'staff')
  const confirm = async (app: RestApp, slotId: string, body: object) =>
    (await app.call('confirmBooking', { ...(await aHold(app, slotId)), body })).body.status
  expect(await confirm(sending, slot.id, { patient: { name: 'Ada' } })).toBe('CONFIRMED')
  expect(await confirm(sending, elsewhere.id, { patient })).toBe('CONFIRMED')
  const { path } = await aHold(sending, slot.id)
  const byStaff = await sending.call('confirmBooking', { path, body: { patient }, as: staff })
  expect(byStaff.body.status).toBe('CONFIRMED')
  expect(await confirm(rest, slot.id, { patient })).toBe('CONFIRMED')
  const onBehalf = { slotId: slot.id, patient, confirm: true, onBehalf: true }
  expect((await sending.call('createBooking', { body: onBehalf, as: staff })).body.status).toBe('CONFIRMED')
})

test('an account confirms by a link until it has done so with its own address', async ({ database, sending: rest }) => {
  const { slot } = await aClinicByLink(database, rest)
  const account = rest.anAccount()
  const confirmAs = async (email: string, as: TestAccount) => {
    const hold = await aHold(rest, slot.id, { as })
    const asked = await rest.call('confirmBooking', { ...hold, body: { patient: { name: 'Ada', email } } })
    if (asked.body.status === 'CONFIRMED') return 'at once'
    expect((await rest.call('confirmBooking', { ...hold, body: linkOf(hold, email) })).body.status).toBe('CONFIRMED')
    return 'by link'
  }
  // The address of somebody else proves nothing about the account's.
  expect(await confirmAs('mother@example.org', account)).toBe('by link')
  expect(await confirmAs(account.email, account)).toBe('by link')
  expect(await confirmAs(account.email, account)).toBe('at once')
  expect(await confirmAs('mother@example.org', account)).toBe('at once')
  expect(await confirmAs(account.email, rest.anAccount())).toBe('by link')
})

test('SMS need the country of the numbers', async ({ database, rest, clinic }) => {
  const admin = rest.anAccount()
  await aMember(database, clinic, { role: 'admin', accountId: admin.id })
  const change = (body: object) =>
    rest.call('updateMessageSettings', { path: { clinicId: clinic.id }, body: body as { emails: boolean }, as: admin })
  const errors = [{ path: '/phoneCountry' }]
  expect((await change({ smsKinds: ['reminder'] })).problem).toMatchObject({ code: 'invalid_request', errors })
  expect((await change({ phoneCountry: 'XX' })).problem).toMatchObject({ code: 'invalid_request', errors })
  expect((await change({ smsKinds: ['confirm'], phoneCountry: 'DE' })).status).toBe(400)
  const changed = await change({ smsKinds: ['reminder'], phoneCountry: 'DE' })
  expect(changed.body).toMatchObject({ smsKinds: ['reminder'], phoneCountry: 'DE' })
  expect((await change({ phoneCountry: null })).problem).toMatchObject({ errors })
})

test('the switch needs e-mails and a mail server', async ({ database, rest, sending, clinic }) => {
  const admin = rest.anAccount()
  sending.anAccount(admin)
  await aMember(database, clinic, { role: 'admin', accountId: admin.id })
  const change = async (app: RestApp, body: object) =>
    (await app.call('updateMessageSettings', { path: { clinicId: clinic.id }, body, as: admin })) as {
      status: number
      problem: { code: string; errors: unknown }
    }
  expect((await change(rest, { confirmByLink: true })).problem.code).toBe('mail_unavailable')
  expect((await change(sending, { confirmByLink: true, emails: false })).problem).toMatchObject({
    code: 'invalid_request',
    errors: [{ path: '/confirmByLink' }],
  })
  expect((await change(sending, { confirmByLink: true, confirmMinutes: 61 })).status).toBe(400)
  expect((await change(sending, { confirmByLink: true, confirmMinutes: 60 })).status).toBe(200)
  expect((await change(sending, { emails: false })).problem).toMatchObject({ errors: [{ path: '/emails' }] })
  // What is on already does not keep the rest from being saved.
  expect((await change(sending, { confirmByLink: false, emails: false })).status).toBe(200)
})

test('without a mail server, nobody is told that a link is on its way', async ({ rest, clinic }) => {
  const body = { clinicId: clinic.id, reference: '004E-81F2', day: '2026-12-01', email: 'ada@example.org' }
  expect((await rest.call('sendTicketLink', { body })).problem.code).toBe('mail_unavailable')
})

test('of two changes at once that exclude each other, one is refused by its field', async ({ database, sending }) => {
  const clinic = await aClinic(database)
  const as = sending.anAccount()
  await aMember(database, clinic, { role: 'admin', accountId: as.id })
  const change = (body: object) =>
    sending.call('updateMessageSettings', { path: { clinicId: clinic.id }, body: body as { emails: boolean }, as })
  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [clinic.no])
  const changes = Promise.all([change({ confirmByLink: true }), change({ emails: false })])
  await lock.releaseOnce(2)
  const results = await changes
  expect(results.map(({ status }) => status).sort()).toEqual([200, 400])
  const refused = results.find(({ status }) => status === 400)
  expect(['/confirmByLink', '/emails']).toContain(refused?.problem.errors?.[0]?.path)
})

test('a clinic says if it sends e-mails: by settings and mail server', async ({ database, rest, sending, clinic }) => {
  const as = sending.anAccount()
  await aMember(database, clinic, { role: 'admin', accountId: as.id })
  const path = { clinicId: clinic.id }
  const sendsEmails = async (app: RestApp) => (await app.call('getClinic', { path })).body.sendsEmails
  expect([await sendsEmails(sending), await sendsEmails(rest)]).toEqual([true, false])
  for (const emails of [false, true]) {
    expect((await sending.call('updateMessageSettings', { path, body: { emails }, as })).status).toBe(200)
    // Cached until the change is read from the log.
    await expect.poll(() => sendsEmails(sending)).toBe(emails)
  }
})

test('a clinic says what it sends by SMS: by settings and provider', async ({ database, rest, sending, clinic }) => {
  const as = sending.anAccount()
  await aMember(database, clinic, { role: 'admin', accountId: as.id })
  const path = { clinicId: clinic.id }
  const smsKinds = async (app: RestApp) => (await app.call('getClinic', { path })).body.smsKinds
  expect(await smsKinds(sending)).toEqual([])
  const body = { smsKinds: ['requested', 'declined'] as const, phoneCountry: 'GB' }
  expect(
    (await sending.call('updateMessageSettings', { path, body: { ...body, smsKinds: [...body.smsKinds] }, as })).status,
  ).toBe(200)
  await expect.poll(() => smsKinds(sending)).toEqual(body.smsKinds)
  expect(await smsKinds(rest)).toEqual([])
})
