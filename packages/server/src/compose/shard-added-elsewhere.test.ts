import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { call, signUp } from '../../test/running-server.ts'
import { startedShards } from '../../test/server-of-shards.ts'

const { database, server, scene, end } = await startedShards()
afterAll(end)

/** Creates a clinic as another server does that was started with one more database. */
async function aClinicOfAnotherShard(): Promise<{ no: number; id: string }> {
  const { rows } = await database.ownerPool.query<{ no: number }>(`
    with shard as (insert into holdfast.shard (no, name) values (90, 'added') on conflict do nothing)
     select nextval('holdfast.clinic_no_seq')::integer as no`)
  const no = rows[0]?.no ?? 0
  await database.ownerPool.query('insert into holdfast.clinic_shard (clinic_no, shard_no) values ($1, 90)', [no])
  return { no, id: newId(no) }
}

test('a server that was started before a database was added answers 503 for its clinics', async () => {
  const { id } = await aClinicOfAnotherShard()
  const { status, body } = await call(`${server.url}/api/v1/clinics/${id}`)
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' })
  expect((await call(`${server.url}/api/v1/clinics/${await scene.aClinicIn(1)}`)).status).toBe(200)
})

test('lists over all clinics lack those of the database, and say so, also when they are cached', async () => {
  const list = (path: string) => call(`${server.url}/api/v1${path}`)
  const clinicId = await scene.aClinicIn(1)
  await aClinicOfAnotherShard()
  for (const path of ['/clinics', '/doctors', '/doctors?sort=soonest', '/specializations']) {
    await until(async () => (await list(path)).body.stale === true, `the mark of ${path}`)
  }
  expect((await list(`/doctors?clinicId=${clinicId}`)).body.stale).toBeUndefined()
  // A list goes on with what changes in the databases that are known.
  await scene.api('PATCH', `/clinics/${clinicId}`, { name: 'Renamed' })
  await until(async () => JSON.stringify((await list('/clinics')).body).includes('Renamed'), 'the new name')
})

test('what an account has at all clinics is not read in part', async () => {
  await aClinicOfAnotherShard()
  const account = await signUp(server.url, `${randomUUID()}@example.org`)
  for (const path of ['/me/bookings', '/me/personal-data', '/me/waitlist-entries']) {
    await until(async () => {
      const { status } = await call(`${server.url}/api/v1${path}`, { bearer: account.token })
      return status === 503
    }, `503 for ${path}`)
  }
})

test('people with a role there use their other clinics, and read that their roles are incomplete', async () => {
  const { no } = await aClinicOfAnotherShard()
  const account = await signUp(server.url, `${randomUUID()}@example.org`)
  await database.ownerPool.query(sql`insert into holdfast.account_clinic (account_id, clinic_no)
      values (${account.id}, ${no})`)
  const { status, body } = await call(`${server.url}/api/v1/me`, { bearer: account.token })
  expect({ status, body }).toMatchObject({ status: 200, body: { memberships: [], incomplete: true } })
  const other = await signUp(server.url, `${randomUUID()}@example.org`)
  const whole = await call(`${server.url}/api/v1/me`, { bearer: other.token })
  expect(whole.body).not.toMatchObject({ incomplete: true })
})
