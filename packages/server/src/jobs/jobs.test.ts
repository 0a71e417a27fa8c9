import { randomUUID } from 'node:crypto'
import { createPool, messageChoices, readWorkResults, recordWork } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, checkHistory, databaseProxy, lapseHolds, until } from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, settingsFor, signUp } from '../../test/running-server.ts'
import { sampleSettings } from '../messages/previews/sample-messages.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import { createLogger } from '../observe/logger.ts'
import { startWorker } from '../worker.ts'
import { jobs } from './jobs.ts'
import { runJobsOnce, startJobs } from './run-jobs.ts'

const log = createLogger('silent')
let server: RunningServer
let pool: pg.Pool

beforeAll(async () => {
  server = await runningServer()
  pool = createPool({ url: server.database.sessionUrl, max: 4, name: 'jobs test' })
})
afterAll(async () => {
  await pool.end()
  await server.end()
})

async function lapsedHolds(count: number) {
  const clinic = await aClinic(server.database)
  const slot = await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: count })
  for (let index = 0; index < count; index += 1) {
    const body = { slotId: slot.id, patient: { name: 'P' } }
    const headers = { 'idempotency-key': randomUUID() }
    expect((await call(`${server.url}/api/v1/bookings`, { method: 'POST', body, headers })).status).toBe(201)
  }
  await lapseHolds(server.database, slot)
  return slot
}

const taken = async (slotId: string) =>
  (await server.database.ownerPool.query('select taken from holdfast.slot where id = $1', [slotId])).rows[0].taken

describe('the jobs', () => {
  test('expire lapsed holds, each with its event, and return how many', async () => {
    const slot = await lapsedHolds(5)
    expect(await taken(slot.id)).toBe(5)
    expect((await runJobsOnce({ pool, auditMonths: 12, log })).sweep).toBe(5)
    expect(await taken(slot.id)).toBe(0)
    expect((await runJobsOnce({ pool, auditMonths: 12, log })).sweep).toBe(0)
    expect(await checkHistory(server.database)).toEqual([])
  })

  test('two concurrent workers expire each hold once', async () => {
    const slots = await Promise.all([lapsedHolds(6), lapsedHolds(6), lapsedHolds(6)])
    const runs = await Promise.all(Array.from({ length: 4 }, () => runJobsOnce({ pool, auditMonths: 12, log })))
    const swept = runs.reduce((sum, run) => sum + run.sweep, 0)
    // One that found all slots locked leaves them to the next minute.
    const rest = (await runJobsOnce({ pool, auditMonths: 12, log })).sweep
    expect(swept + rest).toBe(18)
    for (const slot of slots) expect(await taken(slot.id)).toBe(0)
    expect(await checkHistory(server.database)).toEqual([])
  })

  test('leave live holds and confirmed bookings alone', async () => {
    const clinic = await aClinic(server.database)
    const slot = await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: 2 })
    await aBooking(server.database, slot, { status: 'PENDING' })
    await aBooking(server.database, slot, { status: 'CONFIRMED' })
    await runJobsOnce({ pool, auditMonths: 12, log })
    expect(await taken(slot.id)).toBe(2)
  })

  test('delete keys and responses after 24 hours and expired sessions, and nothing newer', async () => {
    const { ownerPool } = server.database
    await ownerPool.query(`update holdfast.idempotency set created_at = now() - interval '23 hours'`)
    const { rows } = await ownerPool.query('select count(*)::int as count from holdfast.idempotency')
    await ownerPool.query(`update holdfast.idempotency set created_at = now() - interval '25 hours',
                                       booking_id = holdfast.id_floor(now() - interval '25 hours')
        where key in (select key from holdfast.idempotency limit 3)`)
    await ownerPool.query(`insert into holdfast.answer (key, request_hash, body, ids, created_at) values
        (gen_random_uuid(), gen_random_uuid(), '{}', '{}', now() - interval '25 hours'),
        (gen_random_uuid(), gen_random_uuid(), '{}', '{}', now() - interval '23 hours')`)
    const ended = await signUp(server.url, `${randomUUID()}@example.org`)
    const live = await signUp(server.url, `${randomUUID()}@example.org`)
    await ownerPool.query(sql`
      update auth.session set "expiresAt" = now() - interval '1 s' where "userId" = ${ended.id}`)
    expect((await runJobsOnce({ pool, auditMonths: 12, log })).retention).toBe(3 + 1 + 1)
    const left = await ownerPool.query('select count(*)::int as count from holdfast.idempotency')
    expect(left.rows[0].count).toBe(rows[0].count - 3)
    expect((await call(`${server.url}/api/v1/me`, { bearer: live.token })).status).toBe(200)
  })

  test('delete expired links of accounts with the addresses in them, and none that is valid', async () => {
    const { ownerPool } = server.database
    const { id } = await signUp(server.url, `${randomUUID()}@example.org`)
    const addLinks = async (expiresAt: string) => {
      const hash = randomUUID()
      await ownerPool.query(sql`
        insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt")
         values (${id}, ${hash}, 'former@example.org', 'undo', now(), now() + ${expiresAt}::interval)`)
      await ownerPool.query(sql`insert into auth.verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
          values (${hash}, 'passkey', now() + ${expiresAt}::interval, now(), now())`)
      return hash
    }
    const [expired, valid] = [await addLinks('-1 s'), await addLinks('1 hour')]
    await runJobsOnce({ pool, auditMonths: 12, log })
    const left = async (hash: string) => {
      const { rows } = await ownerPool.query(
        `select (select count(*)::int from auth."emailLink" where "tokenHash" = $1) as links,
                (select count(*)::int from auth.verification where identifier = $1) as others`,
        [hash],
      )
      return rows[0]
    }
    expect(await left(expired)).toEqual({ links: 0, others: 0 })
    expect(await left(valid)).toEqual({ links: 1, others: 1 })
  })

  test('forget that SMS failed a week after their provider was removed, and not that e-mails did', async () => {
    const failing = { kind: 'message' as const, hasSucceeded: false, hasFailed: true, failuresInRow: 3 }
    await recordWork(pool, [
      { ...failing, name: 'email' },
      { ...failing, name: 'sms' },
    ])
    await server.database.ownerPool.query(`
      update holdfast.work_result set failed_at = now() - interval '8 days' where kind = 'message'`)
    const sender = {
      ...sampleSettings,
      mailer: { send: async () => ({ kind: 'accepted' as const, response: '' }), close: () => undefined },
      sms: null,
      digestOf: (address: string) => address,
      recipientDigests: createRecipientDigests(['a secret of this test']),
      accountOf: async () => null,
      choices: (accountId: string) => messageChoices(pool, accountId),
      currentEmail: async (_accountId: string, email: string) => email,
    }
    await runJobsOnce({ pool, auditMonths: 12, log, sender })
    const left = (await readWorkResults(pool)).filter(({ kind }) => kind === 'message')
    expect(left.map(({ name, failures }) => [name, failures])).toEqual([['email', 3]])
  })

  test('delete e-mails to accounts that have expired, where nothing sends them', async () => {
    const { ownerPool } = server.database
    await ownerPool.query(`insert into holdfast.account_mail (id, kind, is_request, sealed, expires_at)
        select gen_random_uuid(), kind, false, 'sealed', now() + hours * interval '1 hour'
          from (values ('new_sign_in', -1), ('webhook_paused', 1)) m(kind, hours)`)
    await runJobsOnce({ pool, auditMonths: 12, log })
    const { rows } = await ownerPool.query('delete from holdfast.account_mail returning kind')
    expect(rows).toEqual([{ kind: 'webhook_paused' }])
  })

  test('create missing partitions', async () => {
    await server.database.ownerPool.query(
      `do $$ declare v text; begin
        select 'holdfast.' || max(relname) into v from pg_class where relname ~ '^booking_y\\d{4}m\\d{2}$';
        execute 'drop table ' || v;
      end $$`,
    )
    expect((await runJobsOnce({ pool, auditMonths: 12, log })).partitions).toBe(1)
    expect((await runJobsOnce({ pool, auditMonths: 12, log })).partitions).toBe(0)
  })

  test('report a failure, and the next run works', async () => {
    const runs: { name: string; failed: boolean }[] = []
    const onDone = (run: { name: string; failed: boolean }) => runs.push(run)
    await server.database.ownerPool.query('revoke execute on function holdfast.expire_holds from holdfast_app')
    await expect(runJobsOnce({ pool, auditMonths: 12, log, onDone })).rejects.toThrow(/permission denied/)
    await server.database.ownerPool.query('grant execute on function holdfast.expire_holds to holdfast_app')
    await runJobsOnce({ pool, auditMonths: 12, log, onDone })
    expect(runs.slice(0, 2)).toMatchObject([
      { name: 'sweep', failed: true },
      { name: 'sweep', failed: false },
    ])
  })
})

describe('the schedule', () => {
  test('is stored in the database by the application role, and its workers run the jobs that are due', async () => {
    const running = await startJobs({ pool, auditMonths: 12, log })
    try {
      const scheduled = async () => {
        const { rows } = await pool.query(`select identifier from graphile_worker._private_known_crontabs
            order by identifier`)
        return rows.map((row) => row.identifier)
      }
      await until(async () => (await scheduled()).length === jobs.length, 'the schedule to be written down')
      expect(await scheduled()).toEqual(jobs.map((job) => job.name).sort())
      const slot = await lapsedHolds(2)
      await pool.query(`select graphile_worker.add_job('sweep')`)
      await until(async () => (await taken(slot.id)) === 0, 'the job queue to sweep')
    } finally {
      await running.stop()
    }
  })

  test('continues after a database outage, even one during the first look-up', async () => {
    const proxy = await databaseProxy(server.database.sessionUrl)
    const cutOff = createPool({ url: proxy.url, max: 5, name: 'jobs test behind a proxy' })
    const running = await startJobs({ pool: cutOff, auditMonths: 12, log })
    try {
      await proxy.cut()
      const slot = await lapsedHolds(2)
      await pool.query(`select graphile_worker.add_job('sweep')`)
      await proxy.restore()
      await until(async () => (await taken(slot.id)) === 0, 'the job queue to sweep again')
    } finally {
      await running.stop()
      await cutOff.end()
      await proxy.end()
    }
  })

  test('a worker process starts, runs its jobs at once, and stops', async () => {
    const slot = await lapsedHolds(3)
    const said: string[] = []
    const env = settingsFor(server.database)
    const workers = await Promise.all([1, 2].map(() => startWorker({ env, log, say: (line) => said.push(line) })))
    expect(said).toEqual(['Holdfast runs its jobs.', 'Holdfast runs its jobs.'])
    await until(async () => (await taken(slot.id)) === 0, 'the workers to sweep')
    await Promise.all(workers.map((worker) => worker.stop()))
    expect(await checkHistory(server.database)).toEqual([])
  })
})
