import type { HealthBody, HealthCheckName } from '@holdfast/contract'
import { createPool, recordUpkeep, recordWork, scheduleUpkeep, storeAccountMail, type WorkDone } from '@holdfast/engine'
import { aBooking, databaseProxy, rolledBack, type TestDatabase, until } from '@holdfast/testkit'
import { anotherDatabase, freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { healthOfTest } from '../../test/health-of-test.ts'
import { databaseFiguresReader } from '../observe/read-database-figures.ts'
import type { MachineWatch } from '../observe/watch-machine.ts'
import type { KnownReplica } from './database-checks.ts'

const silent = { warn: () => undefined }

/** Each reading is made anew: they are the same for a second. */
async function judgedNow(database: Pick<TestDatabase, 'appPool'>, replaced = {}): Promise<HealthBody> {
  return healthOfTest(database.appPool, replaced)()
}

function checkOf({ checks }: HealthBody, name: HealthCheckName, of: string | null = null) {
  return checks.find((check) => check.name === name && check.of === of)
}

async function stateOf(database: TestDatabase, name: HealthCheckName, of: string | null = null, replaced = {}) {
  const { state, reason, runbook } = checkOf(await judgedNow(database, replaced), name, of) ?? {}
  return [state, reason, runbook?.split('#')[1] ?? runbook]
}

const job = (name: string, failuresInRow: number): WorkDone => ({
  kind: 'job',
  name,
  hasSucceeded: failuresInRow === 0,
  hasFailed: failuresInRow > 0,
  failuresInRow,
})

test('an open transaction that holds events back is a failure; without one it is none', async ({ database, slot }) => {
  expect((await stateOf(database, 'event_tail')).slice(0, 2)).toEqual(['ok', null])
  await rolledBack(database.ownerPool, async (open) => {
    await open.query('select pg_current_xact_id()')
    await aBooking(database, slot, { createdAt: new Date(Date.now() - 60_000) })
    expect(await stateOf(database, 'event_tail')).toEqual(['failed', 'held_back', 'holdfasttailheldback'])
  })
})

test('the load of a database is judged by the limits of the alerts', async ({ database }) => {
  const read = databaseFiguresReader([{ name: null, pools: { figures: database.appPool, ping: database.appPool } }], {
    warn: () => undefined,
  })
  const { installation, shards } = await read()
  const [shard] = shards
  if (installation === null || shard?.load == null) throw new Error('The figures could not be read.')
  const { load } = shard
  const names = ['connections', 'clock', 'standbys', 'retained_wal'] as const
  const judged = async (more: Partial<typeof load>) => {
    const figures = {
      installation,
      shards: [{ ...shard, load: { ...load, ...more } }],
    }
    const health = await judgedNow(database, { readFigures: async () => figures })
    return names.map((name) => checkOf(health, name)?.state)
  }
  const well = { connections: 8, connectionsMax: 10, clockSkewSeconds: -1, replicationLagSeconds: 1 }
  expect(await judged({ ...well, replicationRetainedBytes: 2 ** 30 })).toEqual(Array(4).fill('ok'))
  const ill = { connections: 9, connectionsMax: 10, clockSkewSeconds: -1.1, replicationLagSeconds: 1.1 }
  expect(await judged({ ...ill, replicationRetainedBytes: 2 ** 34 })).toEqual(Array(4).fill('warning'))
  const alone = { replicationLagSeconds: Number.NaN, replicationRetainedBytes: 0 }
  expect(await judged({ ...well, ...alone })).toEqual(['ok', 'ok', undefined, undefined])
})

test('each of several databases has the time until it can write no more bookings', async ({ database }) => {
  const other = await anotherDatabase()
  const pools = ({ appPool }: Pick<TestDatabase, 'appPool'>) => ({ figures: appPool, ping: appPool })
  const databases = [
    { name: 'directory', pools: pools(database) },
    { name: 'north', pools: pools(other) },
  ] as const
  const readFigures = databaseFiguresReader(databases, silent)
  const reasons = async () => {
    const { checks } = await judgedNow(database, { databases, readFigures })
    return checks.filter(({ name }) => name === 'partitions').map(({ database, reason }) => [database, reason])
  }
  expect(await reasons()).toEqual([
    ['directory', null],
    ['north', null],
  ])
  const { rows } = await other.ownerPool.query<{ name: string }>(`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'holdfast.booking'::regclass and c.relname > to_char(now(), '"booking_y"YYYY"m"MM')`)
  for (const { name } of rows) {
    await other.ownerPool.query(`alter table holdfast.booking detach partition holdfast.${name}`)
  }
  expect(await reasons()).toEqual([
    ['directory', null],
    ['north', 'ends_soon'],
  ])
  expect((await readFigures()).installation?.partitionSecondsLeft).toBeLessThan(31 * 86_400)
})

test('a verification with faults is a failure with their number, until one finds none', async ({ database }) => {
  const { ownerPool } = database
  expect((await stateOf(database, 'verify')).slice(0, 2)).toEqual(['unknown', 'never'])
  await recordUpkeep(ownerPool, 'verify', { succeededAt: new Date(), isFailing: false, faults: 0 })
  expect(checkOf(await judgedNow(database), 'verify')).toMatchObject({ state: 'ok', value: 0, since: null })
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
  await recordUpkeep(ownerPool, 'verify', { succeededAt: daysAgo(1.9), isFailing: false, faults: 0 })
  expect((await stateOf(database, 'verify'))[0]).toBe('ok')
  await recordUpkeep(ownerPool, 'verify', { succeededAt: daysAgo(2.1), isFailing: false, faults: 0 })
  expect(await stateOf(database, 'verify')).toEqual(['warning', 'old', 'docs/operations/verify.md'])
  await recordUpkeep(ownerPool, 'verify', { succeededAt: null, isFailing: true, faults: 3 })
  const failed = await judgedNow(database)
  expect(failed.state).toBe('failed')
  expect(checkOf(failed, 'verify')).toMatchObject({
    state: 'failed',
    reason: 'faults',
    value: 3,
    unit: 'count',
    succeededAt: expect.any(String),
    since: expect.any(String),
    runbook: 'docs/operations/alerts.md#holdfastverifyfails',
  })
})

test('a backup that is old warns, one that fails or is very old is a failure, like its test', async ({ database }) => {
  const { ownerPool } = database
  const intervalSeconds = 60
  const record = (minutes: number, isFailing = false) =>
    recordUpkeep(ownerPool, 'backup', {
      succeededAt: new Date(Date.now() - minutes * 60_000),
      isFailing,
      intervalSeconds,
    })
  expect(await stateOf(database, 'backup')).toEqual(['unknown', 'off', 'docs/operations/back-up.md'])
  expect((await stateOf(database, 'backup', null, { isEmbedded: true })).slice(0, 2)).toEqual(['warning', 'off'])
  await record(5)
  expect((await stateOf(database, 'backup')).slice(0, 2)).toEqual(['ok', null])
  expect(await stateOf(database, 'restore_test')).toEqual(['warning', 'untested', 'holdfastrestoreuntested'])
  await record(11)
  expect(await stateOf(database, 'backup')).toEqual(['warning', 'old', 'holdfastbackupold'])
  await record(27 * 60)
  expect(await stateOf(database, 'backup')).toEqual(['failed', 'old', 'holdfastbackupveryold'])
  await record(5, true)
  await ownerPool.query(`update holdfast.upkeep_result set failing_since = now() - interval '301 s'
      where kind = 'backup'`)
  expect(await stateOf(database, 'backup')).toEqual(['failed', 'failing', 'holdfastbackupfails'])
  await recordUpkeep(ownerPool, 'restore_test', { succeededAt: new Date(), isFailing: false })
  expect((await stateOf(database, 'restore_test'))[0]).toBe('ok')
  await recordUpkeep(ownerPool, 'restore_test', { succeededAt: null, isFailing: true })
  expect(await stateOf(database, 'restore_test')).toEqual(['failed', 'failing', 'holdfastrestoretestfails'])
})

test('without any backup it is never ok: a warning, a failure if they fail or are missing', async ({ database }) => {
  const { ownerPool } = database
  let now = new Date()
  const read = healthOfTest(database.appPool, { now: () => now })
  const judged = async (minutes: number) => {
    now = new Date(now.getTime() + minutes * 60_000)
    const health = await until(async () => {
      const latest = await read()
      return latest.at === now.toISOString() ? latest : undefined
    }, 'another reading')
    return [checkOf(health, 'backup')?.state, checkOf(health, 'backup')?.reason]
  }
  const failingFor = (seconds: number) =>
    ownerPool.query(sql`update holdfast.upkeep_result set failing_since = now() - make_interval(secs => ${seconds})
        where kind = 'backup'`)
  await scheduleUpkeep(ownerPool, 'backup', 60)
  expect(await judged(0)).toEqual(['warning', 'never'])
  await failingFor(60)
  expect(await judged(1)).toEqual(['warning', 'never'])
  await failingFor(301)
  expect(await judged(1)).toEqual(['failed', 'failing'])
  await ownerPool.query(`update holdfast.upkeep_result set failing_since = null where kind = 'backup'`)
  expect(await judged(57)).toEqual(['warning', 'never'])
  expect(await judged(2)).toEqual(['failed', 'old'])
})

test('a job that fails three times in a row warns, and one success ends it', async ({ database }) => {
  const { appPool } = database
  await recordWork(appPool, [job('retention', 2)])
  expect((await stateOf(database, 'job', 'retention'))[0]).toBe('ok')
  await recordWork(appPool, [job('retention', 1)])
  expect(checkOf(await judgedNow(database), 'job', 'retention')).toMatchObject({
    state: 'warning',
    reason: 'failing',
    value: 3,
    since: expect.any(String),
    failedAt: expect.any(String),
    succeededAt: null,
  })
  await recordWork(appPool, [job('retention', 0)])
  expect((await stateOf(database, 'job', 'retention'))[0]).toBe('ok')
})

test('no run of the job of every minute for a quarter of an hour is a failure', async ({ database }) => {
  const { appPool, ownerPool } = database
  expect((await stateOf(database, 'jobs')).slice(0, 2)).toEqual(['unknown', 'never'])
  await recordWork(appPool, [job('sweep', 0)])
  expect((await stateOf(database, 'jobs'))[0]).toBe('ok')
  await ownerPool.query(`update holdfast.work_result set succeeded_at = succeeded_at - interval '901 s'`)
  expect(await stateOf(database, 'jobs')).toEqual(['failed', 'stopped', 'holdfastjobsstopped'])
})

test('e-mails and SMS that fail, and events that a consumer cannot process, are shown', async ({ database }) => {
  const { appPool, ownerPool } = database
  const of = (kind: WorkDone['kind'], name: string, failuresInRow: number) => ({ ...job(name, failuresInRow), kind })
  expect((await stateOf(database, 'email')).slice(0, 2)).toEqual(['unknown', 'never'])
  expect(await stateOf(database, 'sms')).toEqual([undefined, undefined, undefined])
  await recordWork(appPool, [of('message', 'email', 0), of('message', 'sms', 3), of('consumer', 'billing', 1)])
  const health = await judgedNow(database)
  expect(checkOf(health, 'email')).toMatchObject({ state: 'ok', succeededAt: expect.any(String), failedAt: null })
  expect(checkOf(health, 'sms')).toMatchObject({ state: 'failed', reason: 'failing', value: 3 })
  expect(checkOf(health, 'dead_letters', 'billing')).toMatchObject({ state: 'warning', reason: 'not_processed' })
  await ownerPool.query(`update holdfast.work_result
      set failed_at = failed_at - interval '1 hour', failing_since = failing_since - interval '1 hour'`)
  expect((await stateOf(database, 'dead_letters', 'billing'))[0]).toBe('ok')
  // Another one: nothing is known of those between.
  await recordWork(appPool, [of('consumer', 'billing', 1)])
  const again = checkOf(await judgedNow(database), 'dead_letters', 'billing')
  expect(again).toMatchObject({ state: 'warning', value: null, since: again?.failedAt })
})

test('e-mails with links that wait for more than ten minutes are a failure', async ({ database }) => {
  const mail = { kind: 'planted', isRequest: false, sealed: '', bookingId: null, validHours: 1 }
  await storeAccountMail(database.appPool, mail)
  expect((await stateOf(database, 'account_mails'))[0]).toBe('ok')
  await database.ownerPool.query(`update holdfast.account_mail set created_at = created_at - interval '601 s'`)
  expect(await stateOf(database, 'account_mails')).toEqual(['failed', 'late', 'holdfastaccountmailslate'])
})

test('a schema that lacks a file of this release is a failure', async ({ database }) => {
  expect((await stateOf(database, 'schema')).slice(0, 2)).toEqual(['ok', null])
  await database.ownerPool.query(`update holdfast.function_file set checksum = 'another' where name = 'id_floor'`)
  expect((await stateOf(database, 'schema')).slice(0, 2)).toEqual(['failed', 'pending'])
})

test('what only a server process knows is unknown without one, and judged with one', async ({ database }) => {
  expect((await stateOf(database, 'booking_queue')).slice(0, 2)).toEqual(['unknown', 'other_process'])
  const queue = { database: null, queued: 3, isFull: false }
  const queues = { databases: [queue], longestSeconds: 0.2, waitSecondsMax: 5, refused: 0 }
  const quiet = await judgedNow(database, { queues: () => queues })
  expect(checkOf(quiet, 'booking_queue')).toMatchObject({ state: 'ok', value: 3 })
  const busy = { ...queues, databases: [{ ...queue, isFull: true }], longestSeconds: 5 }
  const full = await judgedNow(database, { queues: () => busy })
  expect(['booking_queue', 'queue_wait'].map((name) => checkOf(full, name as HealthCheckName)?.reason)).toEqual([
    'full',
    'late',
  ])
})

test('a replica is ok, late, very late or away', async ({ database }) => {
  const replica = (name: string, lagMs: number | null, isMeasured = true): KnownReplica => ({
    database: null,
    name,
    lagMs,
    isMeasured,
  })
  const known = [
    replica('a', 20),
    replica('b', 1_500),
    replica('c', 6_000),
    replica('d', null),
    replica('e', 20, false),
  ]
  const { checks } = await judgedNow(database, { replicas: () => known })
  expect(checks.filter(({ name }) => name === 'replica').map(({ state, reason }) => [state, reason])).toEqual([
    ['ok', null],
    ['warning', 'behind'],
    ['failed', 'behind'],
    ['failed', 'away'],
    ['unknown', 'not_readable'],
  ])
})

test('disks, certificate, Redis and the clock are judged by their limits', async ({ database }) => {
  const machine = (free: number, daysLeft: number): MachineWatch => ({
    directories: ['data'],
    spaces: () => new Map([['data', { free, size: 100 * 2 ** 30 }]]),
    hasCertificate: true,
    certificateEndsAt: () => Date.now() / 1_000 + daysLeft * 86_400,
    read: async () => undefined,
  })
  const judged = async (free: number, daysLeft: number, isRedisAvailable: boolean) => {
    const replaced = { machine: machine(free, daysLeft), isRedisAvailable: () => isRedisAvailable }
    const health = await judgedNow(database, replaced)
    return [checkOf(health, 'disk', 'data'), checkOf(health, 'certificate'), checkOf(health, 'redis')].map(
      (check) => check?.state,
    )
  }
  expect(await judged(20 * 2 ** 30, 60, true)).toEqual(['ok', 'ok', 'ok'])
  expect(await judged(5 * 2 ** 30, 13, false)).toEqual(['warning', 'warning', 'warning'])
  expect(await judged(2 ** 29, 0.5, true)).toEqual(['failed', 'failed', 'ok'])
  const unread = { ...machine(20 * 2 ** 30, 60), spaces: () => new Map() }
  expect((await stateOf(database, 'disk', 'data', { machine: unread })).slice(0, 2)).toEqual([
    'unknown',
    'not_readable',
  ])
  const unreached = { ...machine(20 * 2 ** 30, 1), certificateEndsAt: () => Number.NaN }
  expect((await stateOf(database, 'certificate', null, { machine: unreached })).slice(0, 2)).toEqual([
    'unknown',
    'not_reached',
  ])
})

test('a database that hangs is shown within seconds, with the rest; since when it was seen', async ({ database }) => {
  const proxy = await databaseProxy(database.appUrl)
  const bounds = { max: 2, statementTimeoutMs: 1_000, queryTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
  const pool = createPool({ url: proxy.url, name: 'holdfast probes', ...bounds })
  onTestFinished(async () => {
    await pool.close(0)
    await proxy.end()
  })
  let now = new Date()
  const read = healthOfTest(pool, { now: () => now })
  expect(checkOf(await read(), 'database')).toMatchObject({ state: 'ok', since: null, version: expect.any(String) })
  proxy.hang()
  const beganMs = performance.now()
  const hung = await until(async () => {
    const health = await read()
    return health.state === 'failed' ? health : undefined
  }, 'the database to be missed')
  expect(performance.now() - beganMs).toBeLessThan(10_000)
  expect(checkOf(hung, 'database')).toMatchObject({ state: 'failed', reason: 'no_response', since: now.toISOString() })
  expect(checkOf(hung, 'jobs')).toMatchObject({ state: 'unknown', reason: 'not_readable' })
  // Whether an e-mail was ever sent is not known.
  expect(checkOf(hung, 'email')).toBeUndefined()
  expect(checkOf(hung, 'event_tail')).toMatchObject({ state: 'unknown', reason: 'no_response' })
  expect(checkOf(hung, 'server', 'a test')).toMatchObject({ state: 'ok', version: '0.0.0' })
  const seenAt = now.toISOString()
  now = new Date(now.getTime() + 60_000)
  const later = await until(async () => {
    const health = await read()
    return health.at === now.toISOString() ? health : undefined
  }, 'another reading')
  expect(checkOf(later, 'database')?.since).toBe(seenAt)
})
