import { randomUUID } from 'node:crypto'
import { findClinicShard } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { call, serverOn, signUp } from '../../test/running-server.ts'

test('a server of one database answers 503 for what has moved to one that was added since', async ({ database }) => {
  const server = await serverOn(database)
  const gone = async (path: string, options: Parameters<typeof call>[1] = {}) => {
    const { status, body } = await call(`${server.url}/api/v1${path}`, options)
    return `${status} ${body.code}`
  }
  const lists = ['/clinics', '/doctors', '/doctors?sort=soonest', '/specializations']
  const staleOf = async (path: string) => (await call(`${server.url}/api/v1${path}`)).body.stale
  // They are cached.
  for (const path of lists) expect(await staleOf(path)).toBeUndefined()
  const { token: bearer } = await signUp(server.url, `${randomUUID()}@example.org`)
  const own = ['/me/bookings', '/me/personal-data', '/me/waitlist-entries']
  for (const path of own) expect(await gone(path, { bearer })).toBe('200 undefined')
  const [moved, stays] = [await aClinic(database), await aClinic(database)]
  const doctor = await aDoctor(database, moved)
  const slot = await aSlot(database, doctor)
  // As a move leaves it that another server's settings allow.
  await database.ownerPool.query("insert into holdfast.shard (no, name) values (7, 'added')")
  await database.ownerPool.query(sql`insert into holdfast.clinic_shard (clinic_no, shard_no)
      values (${moved.no}, 7), (${stays.no}, 0)`)
  for (const table of ['slot', 'resource', 'message_settings']) {
    await database.ownerPool.query(`delete from holdfast.${table} where clinic_no = $1`, [moved.no])
  }
  await database.ownerPool.query('delete from holdfast.clinic where no = $1', [moved.no])
  expect(await findClinicShard(database.appPool, moved.no)).toBe(7)
  expect(await gone(`/clinics/${moved.id}`)).toBe('503 unavailable')
  expect(await gone(`/doctors/${doctor.id}`)).toBe('503 unavailable')
  const body = { slotId: slot.id, patient: { name: 'Pat' }, confirm: true }
  const headers = { 'idempotency-key': randomUUID() }
  expect(await gone('/bookings', { method: 'POST', body, headers })).toBe('503 unavailable')
  expect(await gone(`/clinics/${stays.id}`)).toBe('200 undefined')
  for (const path of lists) {
    await until(async () => (await staleOf(path)) === true, `the mark of ${path}`)
  }
  expect(await staleOf(`/doctors?clinicId=${stays.id}`)).toBeUndefined()
  for (const path of own) expect(await gone(path, { bearer })).toBe('503 unavailable')
  const other = stays.id.replace(/.{4}$/, (end) => (end === '0000' ? '0001' : '0000'))
  expect(await gone(`/clinics/${other}`)).toMatch(/^404/)
})
