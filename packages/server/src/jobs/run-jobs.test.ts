import { Writable } from 'node:stream'
import { createPool } from '@holdfast/engine'
import { databaseProxy, type TestDatabase, until } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { migrateJobs } from './jobs-schema.ts'
import { startJobs } from './run-jobs.ts'

describe('a database lost while a job finishes', () => {
  freshDatabaseTest('ends neither the process nor the jobs, after a success', async ({ database }) => {
    const unhandled = unhandledRejections()
    const jobs = await jobsThatLoseTheDatabase(database)
    await jobs.lost
    await jobs.resultLost(unhandled)
    await jobs.restore()
    await jobs.runAgain()
    await jobs.stop()
    expect(unhandled).toEqual([])
    // The job whose result was lost. If there were none, this test would prove nothing.
    expect(await lockedJobs(database)).toBe(1)
  })

  freshDatabaseTest('ends neither the process nor the jobs, after a failure', async ({ database }) => {
    const unhandled = unhandledRejections()
    const jobs = await jobsThatLoseTheDatabase(database, { failing: true })
    await jobs.lost
    await jobs.resultLost(unhandled)
    await database.ownerPool.query('grant execute on function holdfast.expire_holds to holdfast_app')
    await jobs.restore()
    await jobs.runAgain()
    await jobs.stop()
    expect(unhandled).toEqual([])
    expect(await lockedJobs(database)).toBe(1)
  })

  freshDatabaseTest('does not delay a stop, before or after the result was lost', async ({ database }) => {
    const unhandled = unhandledRejections()
    for (const waits of [false, true]) {
      const jobs = await jobsThatLoseTheDatabase(database)
      await jobs.lost
      if (waits) await jobs.resultLost(unhandled)
      const beganMs = performance.now()
      await jobs.stop()
      // Less than the time after which a stop gives up.
      expect(performance.now() - beganMs).toBeLessThan(15_000)
    }
    expect(unhandled).toEqual([])
  })
})

freshDatabaseTest('a long job does not delay the sealing of the security log', async ({ database }) => {
  await migrateJobs(database.ownerUrl)
  const pool = createPool({ url: database.sessionUrl, max: 5, name: 'jobs with a long one', lockTimeoutMs: 60_000 })
  const runs: string[] = []
  const onDone = ({ name }: { name: string }) => runs.push(name)
  const unsealed = async () => {
    const { rows } = await pool.query('select count(*)::int as count from holdfast.audit_event where no is null')
    return rows[0].count
  }
  const waiting = async () => {
    const { rows } = await database.ownerPool.query(`select from pg_stat_activity
        where datname = current_database() and query ~ 'purge_outdated' and wait_event_type = 'Lock'`)
    return rows.length
  }
  const blocker = await database.ownerPool.connect()
  await blocker.query('begin; lock table holdfast.answer in access exclusive mode')
  const running = await startJobs({ pool, auditMonths: 12, log: createLogger('silent'), onDone })
  let before = 0
  try {
    await pool.query(`select graphile_worker.add_job('retention')`)
    await until(async () => (await waiting()) === 2, 'the first run and the queue to wait')
    before = runs.length
    await pool.query(`select graphile_worker.add_job('webhooks')`)
    await until(async () => runs.includes('security-log'), 'the first sealing')
    await database.ownerPool.query(`insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
        values (0, now(), 'sign_in', 1, 'nobody', '{}')`)
    await pool.query(`select graphile_worker.add_job('security-log')`)
    await until(async () => (await unsealed()) === 0, 'the sealing beside the long job')
    // The control: the jobs of the other queue wait for it.
    expect(await waiting()).toBe(2)
    expect(runs.slice(before)).not.toContain('webhooks')
  } finally {
    await blocker.query('rollback')
    blocker.release()
  }
  await until(async () => runs.slice(before).includes('webhooks'), 'the other jobs')
  await running.stop()
  await pool.end()
})

/** The queue's jobs, behind a proxy that cuts them off from the database at the moment at which one of them is done. */
async function jobsThatLoseTheDatabase(database: TestDatabase, { failing = false } = {}) {
  await migrateJobs(database.ownerUrl)
  const proxy = await databaseProxy(database.sessionUrl)
  const pool = createPool({ url: proxy.url, max: 5, name: 'jobs behind a proxy' })
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const lost = Promise.withResolvers<void>()
  const runs: string[] = []
  let cuts = false
  const onDone = ({ name }: { name: string }) => {
    runs.push(name)
    if (!cuts || name !== 'sweep') return
    cuts = false
    lost.resolve(proxy.cut())
  }
  const running = await startJobs({ pool, auditMonths: 12, log: createLogger('info', stream), onDone })
  // The last one fails, because this database has no accounts.
  await until(async () => runs.includes('retention'), 'the first run of the jobs')
  if (failing) await database.ownerPool.query('revoke execute on function holdfast.expire_holds from holdfast_app')
  cuts = true
  await addSweep(database)
  return {
    lost: lost.promise,
    restore: proxy.restore,
    /** Waits until the result could not be stored. */
    async resultLost(unhandled: readonly unknown[]) {
      const isLost = () => unhandled.length > 0 || /Failed to (complete|fail) jobs/.test(lines.join(''))
      await until(
        async () => isLost(),
        () => `the loss of the result:\n${lines.join('')}`,
      )
    },
    async runAgain() {
      const before = runs.length
      await addSweep(database)
      await until(
        async () => runs.slice(before).includes('sweep'),
        () => `another run:\n${lines.join('')}`,
      )
    },
    async stop() {
      await running.stop()
      await pool.end()
      await proxy.end()
    },
  }
}

async function addSweep(database: TestDatabase): Promise<void> {
  await database.appPool.query(`select graphile_worker.add_job('sweep')`)
}

/** Jobs that were started and whose result was not stored. */
async function lockedJobs(database: TestDatabase): Promise<number> {
  const { rows } = await database.appPool.query(`select count(*)::int as count from graphile_worker._private_jobs
      where locked_at is not null`)
  return rows[0].count
}

/** The unhandled rejections until the test ends. Node ends a process for one; Vitest's listeners would fail the run. */
function unhandledRejections(): unknown[] {
  const reasons: unknown[] = []
  const note = (reason: unknown) => reasons.push(reason)
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  onTestFinished(() => {
    process.off('unhandledRejection', note)
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })
  return reasons
}
