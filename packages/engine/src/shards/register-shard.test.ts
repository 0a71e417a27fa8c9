import { randomUUID } from 'node:crypto'
import { aClinic, aMember, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test as base } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { readMark } from '../database/shard-mark.ts'
import { readClinicShards } from './clinic-shards.ts'
import { copySiteAdministrators, isShard, registerShard } from './register-shard.ts'
import { checkShard, expectedShard, openShardPool, registeredShardNo } from './registered-shards.ts'

const test = base.extend('others', { scope: 'file' }, async ({ database: _directory }, { onCleanup }) => {
  const others = [await createTestDatabase(), await createTestDatabase()] as const
  onCleanup(async () => {
    for (const other of others) await other.drop()
  })
  return others
})

/** A clinic with this number. */
async function aClinicNo(database: TestDatabase, no: number) {
  await database.ownerPool.query("select setval('holdfast.clinic_no_seq', $1, false)", [no])
  return aClinic(database)
}

const lastClinicNo = async (directory: pg.Pool) =>
  Number((await directory.query('select last_value as no from holdfast.clinic_no_seq')).rows[0]?.no)

test('databases get numbers from 1 on, and keep them', async ({ database, others: [north, south] }) => {
  const directory = database.ownerPool
  expect(await registeredShardNo(directory, 'north')).toBeNull()
  const registered = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      n % 2 === 0
        ? registerShard(directory, north.ownerPool, 'north')
        : registerShard(directory, south.ownerPool, 'south'),
    ),
  )
  expect(new Set(registered).size).toBe(2)
  expect([...registered].sort()).toEqual([1, 1, 1, 2, 2, 2])
  expect(await registeredShardNo(database.appPool, 'north')).toBe(registered[0])
  expect([await isShard(directory), await isShard(north.ownerPool)]).toEqual([false, true])
  const epoch = await north.appPool.query<{ no: string }>('select holdfast.begin_log_epoch(null) as no')
  expect(Math.floor(Number(epoch.rows[0]?.no) / 10_000_000_000)).toBe(registered[0])
})

const shardsOf = async (directory: pg.Pool) =>
  (await directory.query<{ name: string }>('select name from holdfast.shard order by no')).rows.map(({ name }) => name)

const installationOf = async (directory: pg.Pool) => (await readMark(directory))?.installation

test('a database is refused under another name, and as the directory', async ({ database, others: [north, south] }) => {
  const directory = database.ownerPool
  const no = await registerShard(directory, north.ownerPool, 'north')
  const known = await shardsOf(directory)
  const id = await installationOf(directory)
  await expect(registerShard(directory, north.ownerPool, 'other')).rejects.toThrow(
    'the URL of other in HOLDFAST_SHARDS has to lead to a database of no installation, as the name is new, and leads ' +
      `to the database ${no} of the installation ${id}, north`,
  )
  await expect(registerShard(north.ownerPool, south.ownerPool, 'south')).rejects.toThrow(
    'DATABASE_URL is a shard of an installation',
  )
  expect(await shardsOf(directory)).toEqual(known)
})

test('a registered name is refused for another database, which stays', async ({ database, others: [north, south] }) => {
  const directory = database.ownerPool
  const no = await registerShard(directory, north.ownerPool, 'north')
  const souths = await registerShard(directory, south.ownerPool, 'south')
  const id = await installationOf(directory)
  const expected = `the URL of north in HOLDFAST_SHARDS has to lead to the database ${no} of the installation ${id}`
  const [other, foreign, empty] = [await createTestDatabase(), await createTestDatabase(), await createTestDatabase()]
  onTestFinished(async () => {
    for (const one of [other, foreign, empty]) await one.drop()
  })
  await registerShard(other.ownerPool, foreign.ownerPool, 'north')
  const otherId = await installationOf(other.ownerPool)
  await aClinicNo(north, 7_000)
  await registerShard(directory, north.ownerPool, 'north')
  for (const [{ ownerPool, ownerUrl }, found] of [
    [south, `the database ${souths} of the installation ${id}, south`],
    [foreign, `the database 1 of the installation ${otherId}`],
    [other, `the directory of the installation ${otherId}`],
    [empty, 'a database of no installation'],
  ] as const) {
    const message = `${expected}, and leads to ${found}`
    await expect(registerShard(directory, ownerPool, 'north')).rejects.toThrow(message)
    await expect(checkShard(directory, { name: 'north', url: ownerUrl })).rejects.toThrow(message)
    const pool = openShardPool(await expectedShard(directory, 'north'), { url: ownerUrl, max: 1, name: 'test' })
    await expect(pool.query('select 1')).rejects.toThrow(message)
    await pool.end()
  }
  expect(await isShard(empty.ownerPool)).toBe(false)
  await checkShard(directory, { name: 'north', url: north.ownerUrl })
})

test('a new database with clinics is refused, and leaves no trace in the directory', async ({ database }) => {
  const full = await anotherDatabase()
  await aClinic(full)
  const known = await shardsOf(database.ownerPool)
  await expect(registerShard(database.ownerPool, full.ownerPool, 'full')).rejects.toThrow(
    'the database full of HOLDFAST_SHARDS has clinics, and is of no installation',
  )
  expect(await isShard(full.ownerPool)).toBe(false)
  expect(await shardsOf(database.ownerPool)).toEqual(known)
})

test('a directory that was restored to before a shard was registered gives it the number that it has', async ({
  database,
  others: [north, south],
}) => {
  const directory = database.ownerPool
  const no = await registerShard(directory, south.ownerPool, 'south')
  await registerShard(directory, north.ownerPool, 'north')
  await directory.query('delete from holdfast.clinic_shard where shard_no in (select no from holdfast.shard)')
  await directory.query('delete from holdfast.shard')
  // In another order than the first time.
  const again = [
    await registerShard(directory, south.ownerPool, 'south'),
    await registerShard(directory, north.ownerPool, 'north'),
  ]
  expect(again[0]).toBe(no)
  expect(new Set(again).size).toBe(2)
})

test('a directory that was restored to before its first shard was added needs the id of its installation', async () => {
  const restored = await createTestDatabase()
  const shard = await createTestDatabase()
  onTestFinished(async () => {
    await restored.drop()
    await shard.drop()
  })
  const directory = restored.ownerPool
  await registerShard(directory, shard.ownerPool, 'north')
  const id = await installationOf(directory)
  await directory.query("delete from holdfast.setting where name = 'installation'")
  await directory.query('delete from holdfast.shard')
  await expect(registerShard(directory, shard.ownerPool, 'north')).rejects.toThrow(`of the installation ${id}`)
  await directory.query("insert into holdfast.setting (name, value) values ('installation', $1)", [id])
  expect(await registerShard(directory, shard.ownerPool, 'north')).toBe(1)
})

test('the directory is refused as a shard', async () => {
  const alone = await anotherDatabase()
  await expect(registerShard(alone.ownerPool, alone.ownerPool, 'alone')).rejects.toThrow(
    'the URL of alone in HOLDFAST_SHARDS leads to the database of DATABASE_URL',
  )
  expect(await readMark(alone.ownerPool)).toBeNull()
  expect(await shardsOf(alone.ownerPool)).toEqual([])
})

test('a directory restored from a backup learns clinics and roles again', async ({ database, others: [north] }) => {
  const directory = database.ownerPool
  const no = await registerShard(directory, north.ownerPool, 'north')
  const own = await aClinic(database)
  const last = await lastClinicNo(directory)
  const clinic = await aClinicNo(north, last + 20)
  const accountId = randomUUID()
  await aMember(north, clinic, { role: 'staff', accountId })
  await registerShard(directory, north.ownerPool, 'north')
  const { places: known } = await readClinicShards(database.appPool)
  expect(known).toContainEqual({ clinicNo: own.no, shardNo: 0, isMoving: false })
  expect(known).toContainEqual({ clinicNo: clinic.no, shardNo: no, isMoving: false })
  expect(await lastClinicNo(directory)).toBe(last + 20)
  const noted = await directory.query(sql`
    select clinic_no from holdfast.account_clinic where account_id = ${accountId}`)
  expect(noted.rows).toEqual([{ clinic_no: clinic.no }])
  // A second time it changes nothing.
  await registerShard(directory, north.ownerPool, 'north')
  expect((await readClinicShards(database.appPool)).places).toHaveLength(known.length)
})

test('a clinic that two databases have stays noted where it was', async ({ database, others: [north] }) => {
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  const own = await aClinic(database)
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  const twin = await aClinicNo(north, own.no)
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  const { places } = await readClinicShards(database.appPool)
  expect(places).toContainEqual({ clinicNo: own.no, shardNo: 0, isMoving: false })
  await north.ownerPool.query('delete from holdfast.message_settings where clinic_no = $1', [twin.no])
  await north.ownerPool.query('delete from holdfast.clinic where id = $1', [twin.id])
})

test('a database of another installation without clinics keeps accounts and administrators', async ({ database }) => {
  const alone = await anotherDatabase()
  const register = () => registerShard(database.ownerPool, alone.ownerPool, 'alone')
  const refusal = (what: string) =>
    `the database alone of HOLDFAST_SHARDS has ${what}, and is of no installation: a new one has to be empty`
  await alone.ownerPool.query(`
    create schema auth; create table auth.user (id uuid); insert into auth.user values (null)`)
  await expect(register()).rejects.toThrow(refusal('accounts'))
  await alone.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [randomUUID()])
  await expect(register()).rejects.toThrow(refusal('site administrators'))
  const kept = await alone.ownerPool.query('select from holdfast.site_administrator')
  expect([
    kept.rowCount,
    await readMark(alone.ownerPool),
    await registeredShardNo(database.ownerPool, 'alone'),
  ]).toEqual([1, null, null])
  await alone.ownerPool.query('delete from auth.user')
  await alone.ownerPool.query('delete from holdfast.site_administrator')
  expect(await register()).toBeGreaterThan(0)
})

test('site administrators are those of the directory', async ({ database, others: [north] }) => {
  const [kept, gone] = [randomUUID(), randomUUID()]
  await database.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [kept])
  await north.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [gone])
  await copySiteAdministrators(database.ownerPool, north.ownerPool)
  const { rows } = await north.ownerPool.query('select account_id from holdfast.site_administrator')
  expect(rows).toEqual([{ account_id: kept }])
})
