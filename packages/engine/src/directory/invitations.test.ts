import { randomBytes, randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aMember,
  aSiteAdministrator,
  type BuiltClinic,
  holdLock,
  ofKind,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { NewInvitation } from '../model/invitation.ts'
import { createDirectory } from './create-directory.ts'
import { createInvitations } from './invitations.ts'

const invitationsOf = (database: TestDatabase) => createInvitations(database.appPool, () => undefined)
const directoryOf = (database: TestDatabase) => createDirectory(database.appPool, () => undefined)

/** The proof that a server without e-mails gets. */
const link = { kind: 'link' } as const

const anInvitation = (
  { no }: BuiltClinic,
  overrides: Partial<NewInvitation> & { invitedBy: string },
): NewInvitation => ({
  id: newId(no),
  clinicNo: no,
  tokenHash: randomBytes(32),
  email: `${randomUUID()}@example.org`,
  role: 'staff',
  doctorId: null,
  ...overrides,
})

async function created(database: TestDatabase, clinic: BuiltClinic, overrides: Partial<NewInvitation> = {}) {
  const invitedBy = overrides.invitedBy ?? (await aSiteAdministrator(database))
  const invitation = anInvitation(clinic, { ...overrides, invitedBy })
  expect((await invitationsOf(database).create(invitation)).kind).toBe('done')
  return invitation
}

const expire = (database: TestDatabase, id: string) =>
  database.ownerPool.query('update holdfast.invitation set expires_at = now() where id = $1', [id])

test('an invitation is for 72 hours, one clinic and one role, and works once', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const { id, tokenHash, invitedBy } = await created(database, clinic, {
    role: 'doctor',
    doctorId: doctor.id,
    email: ' Eve@Example.org',
  })
  const found = ofKind(await invitations.find(id, tokenHash), 'done')
  const { createdAt, expiresAt, ...rest } = found.invitation
  const expected = { id, clinicId: clinic.id, email: 'eve@example.org', role: 'doctor', doctorId: doctor.id, invitedBy }
  expect(rest).toEqual(expected)
  expect(expiresAt.getTime() - createdAt.getTime()).toBe(72 * 3_600_000)
  const eve = randomUUID()
  const membership = { clinicNo: clinic.no, clinicId: clinic.id, accountId: eve, role: 'doctor', doctorId: doctor.id }
  expect(await invitations.accept(id, tokenHash, eve, link)).toEqual({ kind: 'done', membership })
  expect(await directoryOf(database).membershipsOf(eve)).toEqual([membership])
  expect(await invitations.accept(id, tokenHash, eve, link)).toEqual({ kind: 'unchanged', membership })
  expect(await invitations.accept(id, tokenHash, randomUUID(), link)).toEqual({ kind: 'invitation_used' })
  expect(await invitations.find(id, tokenHash)).toEqual({ kind: 'invitation_used' })
  await directoryOf(database).removeMember({ clinicNo: clinic.no, accountId: eve, actorId: invitedBy })
  expect(await invitations.accept(id, tokenHash, eve, link)).toEqual({ kind: 'invitation_used' })
})

test('an account without the confirmed address is refused, and the invitation stays open', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const { id, tokenHash } = await created(database, clinic, { email: 'Eve@Example.org' })
  const eve = randomUUID()
  for (const confirmedEmail of [null, 'eve@example.com', '']) {
    const outcome = await invitations.accept(id, tokenHash, eve, { kind: 'address', confirmedEmail })
    expect(outcome).toEqual({ kind: 'other_address', email: 'eve@example.org' })
  }
  expect(await directoryOf(database).membershipsOf(eve)).toEqual([])
  const proof = { kind: 'address', confirmedEmail: 'eve@example.org' } as const
  expect((await invitations.accept(id, tokenHash, eve, proof)).kind).toBe('done')
  // Somebody who has accepted it may change their address afterwards.
  const changed = { kind: 'address', confirmedEmail: 'eve@example.net' } as const
  expect((await invitations.accept(id, tokenHash, eve, changed)).kind).toBe('unchanged')
})

test('another token, an expired and a revoked invitation give nothing', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const [wrong, old, revoked] = [
    await created(database, clinic),
    await created(database, clinic),
    await created(database, clinic),
  ]
  await expire(database, old.id)
  expect(await invitations.revoke(clinic.no, revoked.id)).toEqual({ kind: 'done' })
  expect(await invitations.revoke(clinic.no, revoked.id)).toEqual({ kind: 'invitation_missing' })
  const attempts = [
    [wrong.id, randomBytes(32), 'invitation_missing'],
    [newId(clinic.no), wrong.tokenHash, 'invitation_missing'],
    [newId(16_000_000), wrong.tokenHash, 'invitation_missing'],
    ['not an id', wrong.tokenHash, 'invitation_missing'],
    [old.id, old.tokenHash, 'invitation_expired'],
    [revoked.id, revoked.tokenHash, 'invitation_missing'],
  ] as const
  for (const [id, tokenHash, kind] of attempts) {
    expect(await invitations.find(id, tokenHash)).toEqual({ kind })
    expect(await invitations.accept(id, tokenHash, randomUUID(), link)).toEqual({ kind })
  }
  const { items } = await directoryOf(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items).toEqual([])
  const { items: open } = await invitations.open({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(open.map(({ id }) => id)).toEqual([wrong.id])
})

test('a new invitation for an address replaces the open one, in its clinic only', async ({ database }) => {
  const invitations = invitationsOf(database)
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  const first = await created(database, clinic, { email: 'sam@example.org' })
  const elsewhere = await created(database, other, { email: 'sam@example.org' })
  const second = await created(database, clinic, { email: 'SAM@example.org', role: 'admin' })
  expect((await invitations.find(first.id, first.tokenHash)).kind).toBe('invitation_missing')
  expect((await invitations.find(elsewhere.id, elsewhere.tokenHash)).kind).toBe('done')
  expect((await invitations.accept(second.id, second.tokenHash, randomUUID(), link)).kind).toBe('done')
  await created(database, clinic, { email: 'sam@example.org' })
})

test('who has a role already keeps it, and the invitation stays open for another', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const { accountId } = await aMember(database, clinic, { role: 'admin' })
  const { id, tokenHash } = await created(database, clinic, { role: 'staff' })
  expect(await invitations.accept(id, tokenHash, accountId, link)).toEqual({ kind: 'already_member', role: 'admin' })
  expect((await directoryOf(database).membershipsOf(accountId))[0]?.role).toBe('admin')
  expect((await invitations.accept(id, tokenHash, randomUUID(), link)).kind).toBe('done')
})

test('invitations of an admin who is removed or gets another role are revoked', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const [removed, demoted, staying] = [
    await aMember(database, clinic, { role: 'admin' }),
    await aMember(database, clinic, { role: 'admin' }),
    await aMember(database, clinic, { role: 'admin' }),
  ]
  for (const { accountId } of [removed, demoted, staying]) {
    await created(database, clinic, { invitedBy: accountId, role: 'admin' })
  }
  const change = { clinicNo: clinic.no, actorId: staying.accountId }
  await directoryOf(database).removeMember({ ...change, accountId: removed.accountId })
  const staff = { accountId: demoted.accountId, role: 'staff', doctorId: null } as const
  await directoryOf(database).changeMember({ ...change, ...staff })
  const { items } = await invitations.open({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items.map(({ invitedBy }) => invitedBy)).toEqual([staying.accountId])
})

const removal = 'delete from holdfast.membership where clinic_no = $1 and account_id = $2'

test('an admin who is removed while they create an invitation gets none', async ({ database, clinic }) => {
  const [{ accountId: removed }, { accountId: actorId }] = [
    await aMember(database, clinic, { role: 'admin' }),
    await aMember(database, clinic, { role: 'admin' }),
  ]
  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [clinic.no])
  // The removal waits for the clinic first, then the invitation, whose admin was checked before.
  const removing = directoryOf(database).removeMember({ clinicNo: clinic.no, accountId: removed, actorId })
  await untilLockWaiters(database, 1)
  const creating = invitationsOf(database).create(anInvitation(clinic, { invitedBy: removed, role: 'admin' }))
  await lock.releaseOnce(2)
  expect([await removing, await creating]).toEqual([{ kind: 'done' }, { kind: 'not_admin' }])
  const { items } = await invitationsOf(database).open({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items).toEqual([])
})

test('an invitation by who is no admin any more is not accepted; a site administrator’s is', async ({ database }) => {
  const clinic = await aClinic(database)
  const { accountId } = await aMember(database, clinic, { role: 'admin' })
  const { id, tokenHash } = await created(database, clinic, { invitedBy: accountId, role: 'admin' })
  const other = await created(database, clinic, { role: 'admin' })
  // The test removes the member without the application, which would have revoked the invitation.
  expect((await database.ownerPool.query(removal, [clinic.no, accountId])).rowCount).toBe(1)
  expect(await invitationsOf(database).accept(id, tokenHash, accountId, link)).toEqual({ kind: 'invitation_missing' })
  expect((await invitationsOf(database).accept(other.id, other.tokenHash, randomUUID(), link)).kind).toBe('done')
  for (const role of ['staff', 'doctor'] as const) {
    const doctorId = role === 'doctor' ? (await aDoctor(database, clinic)).id : null
    const { accountId: invitedBy } = await aMember(database, clinic, { role, doctorId })
    expect(await invitationsOf(database).create(anInvitation(clinic, { invitedBy }))).toEqual({ kind: 'not_admin' })
  }
})

test('the role doctor needs a doctor of the clinic', async ({ database, clinic }) => {
  const elsewhere = await aDoctor(database, await aClinic(database))
  const invitedBy = await aSiteAdministrator(database)
  for (const doctorId of [null, elsewhere.id, newId(clinic.no)]) {
    const invitation = anInvitation(clinic, { role: 'doctor', doctorId, invitedBy })
    expect(await invitationsOf(database).create(invitation)).toEqual({ kind: 'doctor_missing' })
  }
})

test('a clinic has a limited number of open invitations, which are listed page by page', async ({ database }) => {
  const invitations = invitationsOf(database)
  const clinic = await aClinic(database)
  const ids: string[] = []
  const invitedBy = await aSiteAdministrator(database)
  for (let index = 0; index < 200; index += 1) ids.push((await created(database, clinic, { invitedBy })).id)
  expect(await invitations.create(anInvitation(clinic, { invitedBy }))).toEqual({
    kind: 'too_many_invitations',
    max: 200,
  })
  const first = await invitations.open({ clinicNo: clinic.no, limit: 150, cursor: null })
  const second = await invitations.open({ clinicNo: clinic.no, limit: 150, cursor: first.nextCursor })
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
  expect(second.nextCursor).toBeNull()
  await expire(database, ids[0] ?? '')
  expect((await invitations.create(anInvitation(clinic, { invitedBy }))).kind).toBe('done')
})

test('two accounts that accept at the same time: one gets the role', async ({ database, clinic }) => {
  const { id, tokenHash } = await created(database, clinic)
  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [clinic.no])
  const both = Promise.all(
    [randomUUID(), randomUUID()].map((one) => invitationsOf(database).accept(id, tokenHash, one, link)),
  )
  await lock.releaseOnce(2)
  expect((await both).map(({ kind }) => kind).sort()).toEqual(['done', 'invitation_used'])
  const { items } = await directoryOf(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items).toHaveLength(1)
})

test('negative control: without reading it again under the lock, both get the role', async ({ database, clinic }) => {
  const { id } = await created(database, clinic)
  const sessions = await Promise.all([0, 1].map(() => database.ownerPool.connect()))
  for (const session of sessions) {
    await session.query('begin')
    const { rowCount } = await session.query(sql`select from holdfast.invitation where id = ${id}
        and accepted_at is null and expires_at > now()`)
    expect(rowCount).toBe(1)
  }
  for (const session of sessions) {
    await session.query(sql`insert into holdfast.membership (clinic_no, account_id, role)
        values (${clinic.no}, gen_random_uuid(), 'staff')`)
    await session.query(sql`update holdfast.invitation set accepted_at = now(), accepted_by = gen_random_uuid()
        where id = ${id}`)
    await session.query('commit')
    session.release()
  }
  const { items } = await directoryOf(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items).toHaveLength(2)
})
