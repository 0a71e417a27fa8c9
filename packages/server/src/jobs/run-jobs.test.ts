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

/** The queue's jobs, behind a proxy that cuts them off from the database at the moment at which one of them is done. */
async function jobsThatLoseTheDatabase(database: TestDatabase, { failing = false } = {}) {
  await migrateJobs(database.ownerUrl)
  const proxy = await databaseProxy(database.sessionUrl)
  const pool = createPool({ url: proxy.url, max: 3, name: 'jobs behind a proxy' })
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
