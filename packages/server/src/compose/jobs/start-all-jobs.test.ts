import { changeDatabaseUrl } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { freshDatabaseTest as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { settingsFor } from '../../../test/running-server.ts'
import { migrateAccounts } from '../../accounts/accounts-schema.ts'
import { migrateJobs } from '../../jobs/jobs-schema.ts'
import { settingsAtStart } from '../../lifecycle/settings-at-start.ts'
import { createLogger } from '../../observe/logger.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { openJobPools } from '../pools/job-pools.ts'
import { openMailer } from './message-sender.ts'
import { startAllJobs } from './start-all-jobs.ts'

const test = base.extend('jobs', async ({ database }, { onCleanup }) => {
  await migrateAccounts(database.ownerUrl)
  await migrateJobs(database.ownerUrl)
  const cleanup = new AsyncDisposableStack()
  onCleanup(() => cleanup.disposeAsync())
  /** @param isAway at a port where nobody listens */
  function open(shard: string | null, { isAway = false } = {}): JobDatabase {
    const place = isAway ? { host: '127.0.0.1', port: 1 } : {}
    const appUrl = changeDatabaseUrl(database.appUrl, place)
    const sessionUrl = changeDatabaseUrl(database.sessionUrl, place)
    const pools = openJobPools({ appUrl, sessionUrl }, () => undefined)
    cleanup.defer(async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.close(1_000)))
    })
    return { shard, pools }
  }
  async function start(databases: readonly JobDatabase[]): Promise<void> {
    const config = settingsAtStart(settingsFor(database), () => undefined)
    const opened = openMailer(config)
    const secrets = ['a secret of the tests that is long enough']
    const jobs = await startAllJobs(config, databases, { secrets, opened, log: createLogger('silent') })
    cleanup.defer(() => jobs.stop())
  }
  return { open, start }
})

/** The queue keeps a connection, on which it is notified of new jobs. */
const isWorking = ({ pools }: JobDatabase) => pools.jobs.totalCount > pools.jobs.idleCount

const untilWorking = (database: JobDatabase, isExpected: boolean) =>
  until(
    async () => isWorking(database) === isExpected,
    () => `jobs that are ${isExpected ? 'worked on' : 'stopped'}`,
    10_000,
  )

test('a shard that was lost since the start was prepared keeps no other from being worked on', async ({ jobs }) => {
  const directory = jobs.open(null)
  const lost = jobs.open('north', { isAway: true })
  const shard = jobs.open('south')
  await jobs.start([directory, lost, shard])
  await untilWorking(directory, true)
  await untilWorking(shard, true)
})

test('when a database that is needed is away, nothing is left running', async ({ jobs }) => {
  const first = jobs.open('north')
  const directory = jobs.open(null, { isAway: true })
  await expect(jobs.start([first, directory])).rejects.toThrow('ECONNREFUSED')
  expect(first.pools.jobs.totalCount).toBeGreaterThan(0)
  await untilWorking(first, false)
})
