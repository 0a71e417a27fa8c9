import { createPool, type DatabasePool } from '@holdfast/engine'
import { holdLock, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { createProbes, type ProbedDatabase } from '../../edge/probes.ts'
import type { OpenPool } from './pool-opener.ts'
import { openProbePools } from './probe-pools.ts'

test('readiness does not wait while figures hang, of one database or several', async ({ database }) => {
  const pools: DatabasePool[] = []
  const open: OpenPool = (name, { max }) => {
    // Without the timeouts, what waits for the lock does not end by itself.
    const pool = createPool({ url: database.appUrl, name: `holdfast ${name}`, max, connectTimeoutMs: 30_000 })
    onTestFinished(() => pool.close(0))
    pools.push(pool)
    return pool
  }
  const observed = (name: string | null): ProbedDatabase => ({ name, pools: openProbePools(open) })
  for (const databases of [[observed(null)], [observed('directory'), observed('north')]] as const) {
    const probes = createProbes(databases, { isStopping: () => false, log: { warn: () => undefined } })
    const locked = await holdLock(
      database.ownerPool,
      'lock table holdfast.booking, holdfast.waitlist_entry, holdfast.account_mail in access exclusive mode',
    )
    // Meanwhile, what holds back the log is looked for.
    const looking = await databases[0].pools.probes.connect()
    const figures = probes.databaseFigures()
    // The load of each database, and the figures of the installation.
    const hanging = async () => {
      const { rowCount } = await database.ownerPool.query(`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`)
      return (rowCount ?? 0) + pools.reduce((sum, { waitingCount }) => sum + waitingCount, 0)
    }
    await until(async () => (await hanging()) > databases.length, 'readings that hang')
    expect(await probes.readiness()).toMatchObject({ status: 'ready' })
    expect(await hanging()).toBeGreaterThan(databases.length)
    looking.release()
    await locked.release()
    expect((await figures).shards).toHaveLength(databases.length)
  }
})
