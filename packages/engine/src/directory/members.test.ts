import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aMember,
  aSiteAdministrator,
  type BuiltClinic,
  holdLock,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import { createDirectory } from './create-directory.ts'

const directory = (database: TestDatabase) => createDirectory(database.appPool, () => undefined)

let actorId: string

test.beforeAll(async ({ database }) => {
  actorId = await aSiteAdministrator(database)
})

type MemberRole = 'doctor' | 'staff' | 'admin'

const change = (
  database: TestDatabase,
  clinic: BuiltClinic,
  accountId: string,
  role: MemberRole,
  doctorId: string | null = null,
) => directory(database).changeMember({ clinicNo: clinic.no, accountId, role, doctorId, actorId })

const remove = (database: TestDatabase, { no: clinicNo }: BuiltClinic, accountId: string) =>
  directory(database).removeMember({ clinicNo, accountId, actorId })

const add = (database: TestDatabase, clinic: BuiltClinic, accountId: string, role: MemberRole) =>
  aMember(database, clinic, { accountId, role })

test('changed, listed and removed', async ({ database }) => {
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  const doctor = await aDoctor(database, clinic)
  const [ana, bea] = [randomUUID(), randomUUID()]
  const membership = { clinicNo: clinic.no, clinicId: clinic.id, accountId: ana, role: 'admin', doctorId: null }
  expect(await change(database, clinic, ana, 'admin')).toEqual({ kind: 'member_missing' })
  await add(database, clinic, ana, 'staff')
  await add(database, clinic, bea, 'admin')
  expect(await change(database, clinic, ana, 'admin', doctor.id)).toEqual({ kind: 'done', membership })
  expect(await change(database, clinic, bea, 'doctor', doctor.id)).toMatchObject({
    kind: 'done',
    membership: { doctorId: doctor.id },
  })
  await add(database, other, bea, 'staff')
  expect(await directory(database).membershipsOf(ana)).toEqual([membership])
  expect((await directory(database).membershipsOf(bea)).map((one) => [one.clinicId, one.role])).toEqual([
    [clinic.id, 'doctor'],
    [other.id, 'staff'],
  ])
  const first = await directory(database).members({ clinicNo: clinic.no, limit: 1, cursor: null })
  const second = await directory(database).members({ clinicNo: clinic.no, limit: 1, cursor: first.nextCursor })
  expect([...first.items, ...second.items].map((one) => one.accountId)).toEqual([ana, bea].sort())
  expect(second.nextCursor).toBeNull()
  expect(await change(database, clinic, bea, 'staff')).toMatchObject({
    kind: 'done',
    membership: { role: 'staff', doctorId: null },
  })
  expect(await remove(database, clinic, bea)).toEqual({ kind: 'done' })
  expect(await remove(database, clinic, bea)).toEqual({ kind: 'member_missing' })
  expect(await directory(database).membershipsOf(bea)).toHaveLength(1)
})

test('a doctor’s membership names a doctor of that clinic', async ({ database }) => {
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  const elsewhere = await aDoctor(database, other)
  const { accountId } = await aMember(database, clinic, { role: 'staff' })
  for (const doctorId of [null, elsewhere.id, newId(clinic.no)]) {
    expect(await change(database, clinic, accountId, 'doctor', doctorId)).toEqual({ kind: 'doctor_missing' })
  }
  const { items } = await directory(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })
  expect(items).toMatchObject([{ accountId, role: 'staff' }])
})

test('the last admin can neither be removed nor get another role', async ({ database, clinic }) => {
  const [ana, bea] = [randomUUID(), randomUUID()]
  await add(database, clinic, ana, 'admin')
  await add(database, clinic, bea, 'staff')
  expect(await remove(database, clinic, ana)).toEqual({ kind: 'last_admin' })
  expect(await change(database, clinic, ana, 'staff')).toEqual({ kind: 'last_admin' })
  expect((await change(database, clinic, ana, 'admin')).kind).toBe('done')
  await change(database, clinic, bea, 'admin')
  expect(await remove(database, clinic, ana)).toEqual({ kind: 'done' })
  expect(await remove(database, clinic, bea)).toEqual({ kind: 'last_admin' })
})

test('two admins who remove each other at the same time: one stays', async ({ database, clinic }) => {
  const [ana, bea] = [randomUUID(), randomUUID()]
  await add(database, clinic, ana, 'admin')
  await add(database, clinic, bea, 'admin')
  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [clinic.no])
  const both = Promise.all([remove(database, clinic, ana), change(database, clinic, bea, 'staff')])
  await lock.releaseOnce(2)
  expect((await both).map((result) => result.kind).sort()).toEqual(['done', 'last_admin'])
  const admins = (await directory(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })).items.filter(
    (one) => one.role === 'admin',
  )
  expect(admins).toHaveLength(1)
})

test('negative control: without the clinic’s lock, both are removed', async ({ database, clinic }) => {
  for (const accountId of [randomUUID(), randomUUID()]) await add(database, clinic, accountId, 'admin')
  const { items } = await directory(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })
  const sessions = await Promise.all(items.map(() => database.ownerPool.connect()))
  for (const [index, session] of sessions.entries()) {
    await session.query('begin')
    const { rowCount } = await session.query(sql`select from holdfast.membership where clinic_no = ${clinic.no}
        and role = 'admin'`)
    expect(rowCount).toBe(2)
    await session.query(sql`delete from holdfast.membership where clinic_no = ${clinic.no}
        and account_id = ${items[index]?.accountId}`)
  }
  for (const session of sessions) {
    await session.query('commit')
    session.release()
  }
  expect((await directory(database).members({ clinicNo: clinic.no, limit: 9, cursor: null })).items).toEqual([])
})

test('an admin who is removed while they change or remove others changes nothing', async ({ database, clinic }) => {
  const [removed, staying] = [randomUUID(), randomUUID()]
  const [promoted, other] = [randomUUID(), randomUUID()]
  for (const accountId of [removed, staying]) await add(database, clinic, accountId, 'admin')
  for (const accountId of [promoted, other]) await add(database, clinic, accountId, 'staff')
  const { no: clinicNo } = clinic
  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [clinicNo])
  // The removal waits for the clinic first; then the requests, whose admin was checked before.
  const removing = remove(database, clinic, removed)
  await untilLockWaiters(database, 1)
  const byRemoved = { clinicNo, actorId: removed }
  const requests = [
    directory(database).changeMember({ ...byRemoved, accountId: promoted, role: 'admin', doctorId: null }),
    directory(database).changeMember({ ...byRemoved, accountId: removed, role: 'admin', doctorId: null }),
    directory(database).removeMember({ ...byRemoved, accountId: other }),
  ]
  await lock.releaseOnce(1 + requests.length)
  expect(await removing).toEqual({ kind: 'done' })
  expect(await Promise.all(requests)).toEqual(requests.map(() => ({ kind: 'not_admin' })))
  const { items } = await directory(database).members({ clinicNo, limit: 9, cursor: null })
  expect(items.map(({ accountId, role }) => [accountId, role]).sort()).toEqual(
    [
      [staying, 'admin'],
      [promoted, 'staff'],
      [other, 'staff'],
    ].sort(),
  )
})

test('admins of the clinic and site administrators change members; nobody else does', async ({ database, clinic }) => {
  const { accountId: admin } = await aMember(database, clinic, { role: 'admin' })
  const { accountId } = await aMember(database, clinic, { role: 'staff' })
  const doctorId = (await aDoctor(database, clinic)).id
  const refused = [
    randomUUID(),
    accountId,
    (await aMember(database, clinic, { role: 'doctor', doctorId })).accountId,
    (await aMember(database, await aClinic(database), { role: 'admin' })).accountId,
  ]
  const member = { clinicNo: clinic.no, accountId }
  for (const by of refused) {
    const change = { ...member, role: 'admin', doctorId: null, actorId: by } as const
    expect(await directory(database).changeMember(change)).toEqual({ kind: 'not_admin' })
    expect(await directory(database).removeMember({ ...member, actorId: by })).toEqual({ kind: 'not_admin' })
  }
  for (const by of [admin, actorId]) {
    const change = { ...member, role: 'staff', doctorId: null, actorId: by } as const
    expect((await directory(database).changeMember(change)).kind).toBe('done')
  }
  expect(await directory(database).removeMember({ ...member, actorId: admin })).toEqual({ kind: 'done' })
})
