import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import { purgeOutdated } from './purge-outdated.ts'
import { endFailuresOf, readWorkResults, recordWork } from './work-results.ts'

let clinicNo: number
test.beforeAll(async ({ database }) => {
  clinicNo = (await aClinic(database)).no
})

/** Stores `count` keys and `count` responses of this age. */
async function store(database: TestDatabase, count: number, age: string): Promise<void> {
  await database.ownerPool.query(
    `insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
     select $1, gen_random_uuid(), gen_random_uuid(), holdfast.id_floor(now() - $3::interval), now() - $3::interval
       from generate_series(1, $2)`,
    [clinicNo, count, age],
  )
  await database.ownerPool.query(
    `insert into holdfast.answer (key, request_hash, body, ids, created_at)
     select gen_random_uuid(), gen_random_uuid(), '{}', '{}', now() - $2::interval from generate_series(1, $1)`,
    [count, age],
  )
}

async function left(database: TestDatabase): Promise<unknown> {
  const { rows } = await database.ownerPool.query(`select (select count(*)
      from holdfast.idempotency) as keys, (select count(*) from holdfast.answer) as responses`)
  return rows[0]
}

test('rows older than 24 hours are deleted, however many; the others stay', async ({ database }) => {
  await store(database, 12_000, '24 hours 1 minute')
  await store(database, 7, '23 hours 59 minutes')
  expect(await purgeOutdated(database.appPool)).toBe(24_000)
  expect(await left(database)).toEqual({ keys: 7, responses: 7 })
  expect(await purgeOutdated(database.appPool)).toBe(0)
})

test('two calls at once delete each row once', async ({ database }) => {
  await store(database, 6_000, '2 days')
  const counts = await Promise.all([purgeOutdated(database.appPool), purgeOutdated(database.appPool)])
  const rest = await purgeOutdated(database.appPool)
  expect((counts[0] ?? 0) + (counts[1] ?? 0) + rest).toBe(12_000)
  expect(await left(database)).toEqual({ keys: 7, responses: 7 })
})

test('a key of a server with a slow clock is stored for 24 hours, of a fast one for longer', async ({ database }) => {
  const purgedKeys = async (hoursOfId: number, age: string) => {
    await database.ownerPool.query('delete from holdfast.idempotency')
    await database.ownerPool.query(
      `insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
       values ($1, gen_random_uuid(), gen_random_uuid(), holdfast.id_floor(now() - make_interval(hours => $2)),
               now() - $3::interval)`,
      [clinicNo, hoursOfId, age],
    )
    return await purgeOutdated(database.appPool)
  }
  expect(await purgedKeys(47, '23 hours 59 minutes')).toBe(0)
  expect(await purgedKeys(47, '24 hours 1 minute')).toBe(1)
  expect(await purgedKeys(2, '24 hours 1 minute')).toBe(0)
  expect(await purgedKeys(25, '47 hours')).toBe(1)
})

test('an aborted call stops between two transactions', async ({ database }) => {
  await store(database, 10, '2 days')
  expect(await purgeOutdated(database.appPool, AbortSignal.abort())).toBe(0)
  expect(await purgeOutdated(database.appPool)).toBe(20)
})

test.for([0, 100_001, null])('at most %s rows: refused', async (limit, { database }) => {
  const purging = database.appPool.query('select holdfast.purge_outdated($1)', [limit])
  await expect(purging).rejects.toMatchObject({ code: '22023' })
})

test('e-mails and SMS are deleted after the days of their clinic; those that wait stay', async ({ database }) => {
  const strict = await aClinic(database)
  await database.ownerPool.query('update holdfast.clinic set message_days = 30 where no = $1', [strict.no])
  const stored = async (channel: string, state: string, age: string, of = clinicNo) => {
    const id = newId(of)
    await database.ownerPool.query(
      `insert into holdfast.message
         (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at, created_at,
          masked_address)
       values ($1, $2, $3, 2, $3, 'reminder', $4, $5, now(), case when $5 <> 'due' then now() end,
         now() - $6::interval, 'a…@example.org')`,
      [of, id, newId(of), channel, state, age],
    )
    return id
  }
  const old = [
    await stored('email', 'sent', '181 days'),
    await stored('sms', 'failed', '181 days'),
    await stored('email', 'sent', '31 days', strict.no),
  ]
  const kept = [
    await stored('sms', 'sent', '179 days'),
    await stored('email', 'due', '181 days'),
    await stored('email', 'sent', '29 days', strict.no),
  ]
  await purgeOutdated(database.appPool)
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select id from holdfast.message
      where id = any (${[...old, ...kept]})`)
  expect(rows.map(({ id }) => id).sort()).toEqual(kept.sort())
})

test('what jobs, messages and consumers did is forgotten when none of it was done for a week', async ({ database }) => {
  const { appPool, ownerPool } = database
  const done = { kind: 'message' as const, hasSucceeded: true, hasFailed: true, failuresInRow: 0 }
  await recordWork(appPool, [
    { ...done, name: 'sms' },
    { ...done, name: 'email' },
  ])
  await ownerPool.query(`update holdfast.work_result
      set succeeded_at = now() - interval '9 days',
          failed_at = now() - case name when 'sms' then interval '7 days 1 minute' else interval '6 days' end`)
  expect(await purgeOutdated(appPool)).toBe(1)
  expect((await readWorkResults(appPool)).map(({ name }) => name)).toEqual(['email'])
})

test('that messages fail is kept until they are sent, or a week after their channel is off', async ({ database }) => {
  const { appPool, ownerPool } = database
  const failing = { hasSucceeded: false, hasFailed: true, failuresInRow: 3 }
  await recordWork(appPool, [
    { ...failing, kind: 'message', name: 'email' },
    { ...failing, kind: 'message', name: 'sms' },
    { ...failing, kind: 'job', name: 'renamed' },
  ])
  const failingNow = async () => (await readWorkResults(appPool)).map(({ name, failures }) => [name, failures])
  await endFailuresOf(appPool, ['sms'])
  expect(await failingNow()).toContainEqual(['sms', 3])
  await ownerPool.query(`update holdfast.work_result set failed_at = now() - interval '8 days'`)
  expect(await purgeOutdated(appPool)).toBe(1)
  expect(await failingNow()).toEqual([
    ['email', 3],
    ['sms', 3],
  ])
  await endFailuresOf(appPool, ['sms'])
  expect(await purgeOutdated(appPool)).toBe(1)
  expect(await failingNow()).toEqual([['email', 3]])
})

test('API keys that have ended are deleted as late as the events of the security log', async ({ database }) => {
  const { appPool, ownerPool } = database
  const stored = async (endedAge: string | null, expiredAge: string | null) => {
    const id = newId(clinicNo)
    await ownerPool.query(
      `insert into holdfast.api_key (clinic_no, id, name, scopes, bookings_per_second, digest, created_by, created_at,
         ended_at, expires_at)
       values ($1, $2, 'Laboratory', '{admin}', 50,
         case when $3::interval is null then decode(repeat('00', 32), 'hex') end, $2, now() - interval '5 years',
         now() - $3::interval, now() - $4::interval)`,
      [clinicNo, id, endedAge, expiredAge],
    )
    return id
  }
  const named = await stored('13 months', null)
  await ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, details)
     values ($1, now(), 'denied', 1, 'api_key', $2, '{getMe}')`,
    [clinicNo, named],
  )
  const gone = [await stored('13 months', null), await stored(null, '13 months'), await stored('13 months', '4 years')]
  const kept = [
    named,
    await stored(null, null),
    await stored('11 months', null),
    await stored(null, '11 months'),
    await stored('11 months', '4 years'),
  ]
  const left = async () => {
    const { rows } = await ownerPool.query<{ id: string }>(sql`
      select id from holdfast.api_key where id = any (${[...gone, ...kept]}) order by id`)
    return rows.map(({ id }) => id)
  }
  // Before a server has said for how many months the log is stored, nothing is deleted.
  await ownerPool.query('delete from holdfast.audit_retention')
  expect(await purgeOutdated(appPool)).toBe(0)
  await ownerPool.query('insert into holdfast.audit_retention (months) values (12)')
  expect(await purgeOutdated(appPool)).toBe(gone.length)
  expect(await left()).toEqual(kept.toSorted())
})
