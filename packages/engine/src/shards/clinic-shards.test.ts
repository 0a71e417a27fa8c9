import { randomUUID } from 'node:crypto'
import { aClaim, aClinic, aDoctor, aSlot, createTestDatabase } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { NewClinic } from '../model/clinic.ts'
import { findClinicShard, placeClinic, readClinicShards, recentBookings } from './clinic-shards.ts'
import { registerShard } from './register-shard.ts'

const clinic: NewClinic = { name: 'New', timezone: 'UTC', settings: {} }
const aKey = () => ({ key: randomUUID(), requestHash: randomUUID() })

/** The directory of another database, which is a shard: its database is the directory. */
const test = base.extend('north', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const shard = await createTestDatabase()
  const engine = createEngine({ batchPool: shard.appPool, generalPool: shard.appPool, directoryPool: database.appPool })
  onCleanup(async () => {
    await engine.stop()
    await shard.drop()
  })
  const no = await registerShard(database.ownerPool, shard.ownerPool, 'north')
  return { no, directory: engine.directory }
})

test('a clinic is created in a shard, with a number of the directory, which finds it', async ({ database, north }) => {
  const placed = await placeClinic(database.appPool, null, north.no)
  const no = placed.clinicNo
  expect(await north.directory.createClinic(clinic, null, no)).toMatchObject({ kind: 'done', value: { no } })
  expect(await findClinicShard(database.appPool, no)).toBe(north.no)
  expect((await readClinicShards(database.appPool)).places).toContainEqual({ ...placed, isMoving: false })
  expect((await placeClinic(database.appPool, null, north.no)).clinicNo).not.toBe(no)
  expect(await findClinicShard(database.appPool, no + 1_000)).toBeNull()
})

test('a clinic that a server created, knowing no other database, is noted', async ({ database, north: _north }) => {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const created = await engine.directory.createClinic(clinic, null)
  await engine.stop()
  if (created.kind !== 'done') throw new Error('It was created.')
  expect(await findClinicShard(database.appPool, created.value.no)).toBe(0)
})

test('a note of a number to be drawn stops no clinic; the application writes none', async ({ database, north }) => {
  const { clinicNo } = await placeClinic(database.appPool, null, 0)
  const note = `insert into holdfast.clinic_shard (clinic_no, shard_no) select $1 + n, 0 from generate_series(1, 3) n`
  await expect(database.appPool.query(note, [clinicNo])).rejects.toThrow('permission denied')
  await database.ownerPool.query(note, [clinicNo])
  expect(await placeClinic(database.appPool, null, north.no)).toEqual({ clinicNo: clinicNo + 4, shardNo: north.no })
})

test('twenty requests with a key get one number in one database, and one clinic', async ({ database, north }) => {
  const key = aKey()
  const places = await Promise.all(
    Array.from({ length: 20 }, (_, n) => placeClinic(database.appPool, key, n % 2 === 0 ? north.no : 0)),
  )
  expect(new Set(places.map(({ clinicNo, shardNo }) => `${clinicNo} ${shardNo}`)).size).toBe(1)
  const outcomes = await Promise.all(places.map(({ clinicNo }) => north.directory.createClinic(clinic, key, clinicNo)))
  expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(1)
  expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(19)
})

test('another request with the key is refused where the first created its clinic', async ({ database, north }) => {
  const key = aKey()
  const { clinicNo: no } = await placeClinic(database.appPool, key, north.no)
  expect(await north.directory.createClinic(clinic, key, no)).toMatchObject({ kind: 'done' })
  const other = { ...key, requestHash: randomUUID() }
  expect(await placeClinic(database.appPool, other, 0)).toEqual({ clinicNo: no, shardNo: north.no })
  expect(await north.directory.createClinic(clinic, other, no)).toEqual({ kind: 'key_reused' })
})

test('bookings of a month are counted at once: statistics may be missing, or old', async ({ database }) => {
  const before = await recentBookings(database.appPool)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 5 })
  for (let n = 0; n < 3; n += 1) await engine.claim(aClaim(slot))
  await engine.stop()
  expect(await recentBookings(database.appPool)).toBe(before + 3)
})
