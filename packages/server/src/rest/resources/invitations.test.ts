import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, onTestFinished, vi } from 'vitest'
import { type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database, { name: 'Hill Clinic' })
  const doctor = await aDoctor(database, clinic, { name: 'Dr Ada' })
  const admin = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const invite = (body: object, key?: string) =>
    rest.call('createInvitation', { path, as: admin, body, ...(key === undefined ? {} : { key }) })
  return { clinic, doctor, admin, path, invite }
}

const tokenIn = (link: string) => link.slice(link.indexOf('#') + 1)

test('an invitation is passed on as a link, and who accepts it gets the role', async ({ database, rest }) => {
  const { clinic, doctor, admin, path, invite } = await aDesk(database, rest)
  const created = await invite({ email: 'EVE@example.org', role: 'doctor', doctorId: doctor.id })
  expect(created).toMatchObject({
    status: 201,
    body: { email: 'eve@example.org', role: 'doctor', doctorId: doctor.id, invitedByName: admin.name },
  })
  const { link, needsConfirmedEmail: _, ...listed } = created.body as { link: string } & Record<string, unknown>
  expect(link).toMatch(/^http:\/\/[^/]+\/invitation#[A-Za-z0-9_-]{64}$/)
  expect((await rest.call('listInvitations', { path, as: admin })).body.items).toEqual([listed])
  const token = tokenIn(link)
  expect((await rest.call('getInvitation', { body: { token } })).body).toMatchObject({
    clinicId: clinic.id,
    clinicName: 'Hill Clinic',
    email: 'e…@example.org',
    needsConfirmedEmail: false,
    callersEmail: 'none',
    role: 'doctor',
    doctorName: 'Dr Ada',
  })
  const eve = rest.anAccount()
  const accept = { body: { token }, as: eve }
  const membership = { clinicId: clinic.id, role: 'doctor', doctorId: doctor.id }
  expect(await rest.call('acceptInvitation', accept)).toMatchObject({ status: 200, body: membership })
  expect(await rest.call('acceptInvitation', accept)).toMatchObject({ status: 200, body: membership })
  expect((await rest.call('getMe', { as: eve })).body.memberships).toEqual([
    { ...membership, lacksSecondFactor: false },
  ])
  expect((await rest.call('listInvitations', { path, as: admin })).body.items).toEqual([])
})

/** A server with a mail server: what it stores, in the transaction of the invitation. */
async function aMailingDesk(database: TestDatabase) {
  const store = vi.fn<AccountMails['store']>(async () => undefined)
  const mails = { isAvailable: true, store, request: async () => undefined }
  const mailing = await startRestApp(database, { replaced: { publicUrl: 'https://book.example.org', mails } })
  onTestFinished(() => mailing.stop())
  return { ...(await aDesk(database, mailing)), store, mailing }
}

test('an invitation and its e-mail are stored together, or not at all', async ({ database }) => {
  const { invite, store, mailing, path, admin } = await aMailingDesk(database)
  const email = `${randomUUID()}@example.org`
  const { status, body } = await invite({ email, role: 'staff' })
  expect([status, store.mock.calls.length]).toEqual([201, 1])
  expect(store.mock.calls[0]?.[1]).toMatchObject({
    kind: 'invitation',
    to: { address: email },
    context: { url: body.link },
  })
  const broken = () => Promise.reject(new Error('The e-mail could not be stored.'))
  store.mockImplementation(broken)
  expect((await invite({ email: `${randomUUID()}@example.org`, role: 'staff' })).problem.status).toBe(500)
  store.mockImplementation(async () => undefined)
  vi.spyOn(mailing.engine.messages, 'settings').mockImplementation(broken)
  expect((await invite({ email: `${randomUUID()}@example.org`, role: 'staff' })).problem.status).toBe(500)
  expect((await mailing.call('listInvitations', { path, as: admin })).body.items).toHaveLength(1)
})

test('an address gets five invitations of a clinic by e-mail in a day, however it is written', async ({ database }) => {
  const { invite, store, mailing, clinic } = await aMailingDesk(database)
  const email = `${randomUUID()}@example.org`
  const last = await inOrder(5, () => invite({ email, role: 'staff' }))
  const refused = await invite({ email: ` ${email.toUpperCase()} `.trim(), role: 'admin' })
  expect(refused.problem).toMatchObject({ status: 409, code: 'invited_too_often' })
  expect(store).toHaveBeenCalledTimes(5)
  // The link of the last one still works, and others are not concerned.
  expect((await mailing.call('getInvitation', { body: { token: tokenIn(last.body.link) } })).status).toBe(200)
  expect((await invite({ email: `other-${email}`, role: 'staff' })).status).toBe(201)
  const other = await aMailingDesk(database)
  expect((await other.invite({ email, role: 'staff' })).status).toBe(201)
  await database.ownerPool.query(sql`update holdfast.message_budget set since = since - interval '25 hours'
      where clinic_no = ${clinic.no}`)
  expect((await invite({ email, role: 'staff' })).status).toBe(201)
})

test('invitations without an e-mail are not limited by their address', async ({ database, rest }) => {
  const { invite } = await aDesk(database, rest)
  const last = await inOrder(7, () => invite({ email: 'eve@example.org', role: 'staff' }))
  expect(last.status).toBe(201)
})

async function inOrder<Result>(count: number, run: () => Promise<Result>): Promise<Result> {
  let last = await run()
  for (let done = 1; done < count; done += 1) last = await run()
  return last
}

test('with confirmed addresses, only the invited one’s account can accept', async ({ database, onTestFinished }) => {
  const mailing = await startRestApp(database, { sendsMails: true })
  onTestFinished(() => mailing.stop())
  const { path, admin, invite } = await aDesk(database, mailing)
  const email = `Eve-${randomUUID()}@example.org`
  const created = await invite({ email, role: 'admin' })
  expect(created.body).toMatchObject({ email: email.toLowerCase(), needsConfirmedEmail: true })
  const body = { token: tokenIn(created.body.link) }
  const accounts = [
    ['other', mailing.anAccount()],
    ['other', mailing.anAccount({ isConfirmed: false })],
    ['unconfirmed', mailing.anAccount({ email: email.toLowerCase(), isConfirmed: false })],
  ] as const
  for (const [callersEmail, as] of accounts) {
    const offer = { email: 'e…@example.org', needsConfirmedEmail: true, callersEmail }
    expect((await mailing.call('getInvitation', { body, as })).body).toMatchObject(offer)
    const { problem } = await mailing.call('acceptInvitation', { body, as })
    expect(problem).toMatchObject({ status: 403, code: 'invitation_for_other_address' })
    expect(problem.detail).toContain('e…@example.org')
    expect(problem.detail).not.toContain('eve-')
    expect((await mailing.call('getMe', { as })).body.memberships).toEqual([])
  }
  expect((await mailing.call('listInvitations', { path, as: admin })).body.items).toHaveLength(1)
  const as = mailing.anAccount({ email: email.toLowerCase() })
  expect((await mailing.call('getInvitation', { body, as })).body).toMatchObject({ callersEmail: 'confirmed' })
  const accepted = { status: 200, body: { clinicId: path.clinicId, role: 'admin' } }
  expect(await mailing.call('acceptInvitation', { body, as })).toMatchObject(accepted)
  expect(await mailing.call('acceptInvitation', { body, as })).toMatchObject(accepted)
})

test('an account with the invited address gets nothing without the link', async ({ database, rest }) => {
  const { admin, path, invite } = await aDesk(database, rest)
  const stranger = rest.anAccount({ email: 'chief@clinic.test' })
  await invite({ email: 'chief@clinic.test', role: 'admin' })
  expect((await rest.call('getMe', { as: stranger })).body.memberships).toEqual([])
  expect((await rest.call('listMembers', { path, as: admin })).body.items).toHaveLength(1)
})

test('a used, expired, revoked, replaced or wrong token says what to do, gives no role', async ({ database, rest }) => {
  const { admin, path, invite } = await aDesk(database, rest)
  const invited = async (email = `${randomUUID()}@example.org`) => (await invite({ email, role: 'staff' })).body
  const [used, expired, revoked, replaced] = [
    await invited(),
    await invited(),
    await invited(),
    await invited('a@b.co'),
  ]
  await rest.call('acceptInvitation', { body: { token: tokenIn(used.link) }, as: rest.anAccount() })
  await database.ownerPool.query('update holdfast.invitation set expires_at = now() where id = $1', [expired.id])
  const revocation = { path: { ...path, invitationId: revoked.id }, as: admin }
  expect((await rest.call('revokeInvitation', revocation)).status).toBe(204)
  expect((await rest.call('revokeInvitation', revocation)).problem.code).toBe('invitation_not_found')
  await invited('a@b.co')
  const expected = [
    [tokenIn(used.link), 409, 'invitation_used'],
    [tokenIn(expired.link), 409, 'invitation_expired'],
    [tokenIn(revoked.link), 404, 'invitation_not_found'],
    [tokenIn(replaced.link), 404, 'invitation_not_found'],
    [tokenIn(used.link).slice(1), 404, 'invitation_not_found'],
  ] as const
  const somebody = rest.anAccount()
  for (const [token, status, code] of expected) {
    expect((await rest.call('getInvitation', { body: { token } })).problem).toMatchObject({ status, code })
    const accepted = await rest.call('acceptInvitation', { body: { token }, as: somebody })
    expect(accepted.problem).toMatchObject({ status, code })
  }
  expect((await rest.call('getMe', { as: somebody })).body.memberships).toEqual([])
  const open = (await invited()).link
  expect((await rest.call('acceptInvitation', { body: { token: tokenIn(open) }, as: admin })).problem).toMatchObject({
    status: 409,
    code: 'already_member',
  })
})

test('invitations of another clinic are neither listed nor revoked', async ({ database, rest }) => {
  const { path, invite } = await aDesk(database, rest)
  const other = await aDesk(database, rest)
  const { id } = (await invite({ email: 'eve@example.org', role: 'staff' })).body
  expect((await rest.call('listInvitations', { path: other.path, as: other.admin })).body.items).toEqual([])
  for (const clinicId of [other.path.clinicId, path.clinicId]) {
    const revocation = { path: { clinicId, invitationId: id }, as: other.admin }
    expect((await rest.call('revokeInvitation', revocation)).problem.status).toBe(404)
  }
})

test('the token is stored nowhere, neither in the invitation nor as a response', async ({ database, rest }) => {
  const { invite } = await aDesk(database, rest)
  const body = { email: 'eve@example.org', role: 'staff' }
  const first = tokenIn((await invite(body, 'the same key')).body.link)
  const second = tokenIn((await invite(body, 'the same key')).body.link)
  expect((await rest.call('getInvitation', { body: { token: first } })).problem.code).toBe('invitation_not_found')
  expect((await rest.call('getInvitation', { body: { token: second } })).status).toBe(200)
  const { rows } = await database.ownerPool.query<{ row: string }>(`
    select to_jsonb(i)::text as row from holdfast.invitation i
     union all select to_jsonb(a)::text from holdfast.answer a`)
  const secret = Buffer.from(second, 'base64url').subarray(16)
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows) {
    for (const form of [second, secret.toString('hex'), secret.toString('base64url')]) expect(row).not.toContain(form)
  }
})

test('an invitation as doctor needs a doctor of this clinic, and any other role none', async ({ database, rest }) => {
  const { doctor, path, invite } = await aDesk(database, rest)
  const elsewhere = await aDoctor(database, await aClinic(database))
  const refused = async (body: object) => (await invite({ email: 'eve@example.org', ...body })).problem
  expect((await refused({ role: 'doctor' })).errors).toEqual([
    { path: '/doctorId', message: 'is required with role doctor' },
  ])
  expect((await refused({ role: 'admin', doctorId: doctor.id })).errors?.[0]?.path).toBe('/doctorId')
  for (const doctorId of [elsewhere.id, path.clinicId]) {
    expect(await refused({ role: 'doctor', doctorId })).toMatchObject({ code: 'doctor_not_found' })
  }
  expect((await refused({ role: 'owner' })).errors?.[0]?.path).toBe('/role')
  expect((await refused({ role: 'staff', email: 'nobody' })).errors?.[0]?.path).toBe('/email')
})
