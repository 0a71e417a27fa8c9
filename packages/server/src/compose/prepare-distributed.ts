import { createPool, distributedStatus, ensureAppLogin, isPooled, MigrateError } from '@holdfast/engine'
import { readPlaces } from '@holdfast/engine/places'
import { migrateAccounts } from '../accounts/accounts-schema.ts'
import type { Config } from '../config/config.ts'
import { dropFormerQueues, migrateJobs } from '../jobs/jobs-schema.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { applicationUrls } from './application-urls.ts'
import type { MigratedDatabase } from './migrated-database.ts'
import { writePlaces } from './write-places.ts'

type Settings = Pick<
  Config,
  'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool' | 'databaseReplicaUrls'
>

/**
 * Prepares a database that is distributed over Citus: the accounts and the job queue of the coordinator, and the schema
 * and the job queue of each shard, where a move or an interruption has left something to do. Idempotent, and safe in
 * several processes at the same time.
 *
 * @throws StartError for settings that are not for such a database; MigrateError if it is of another release;
 *   DistributionUnfinished if `holdfast migrate --citus` was interrupted
 */
export async function prepareDistributed(
  config: Settings,
  ownerUrl: string,
  say: (line: string) => void,
): Promise<MigratedDatabase> {
  if (config.databaseReplicaUrls !== null) {
    throw new StartError('DATABASE_REPLICA_URLS is not for a database that is distributed over Citus: remove it.')
  }
  const { databasePool, databaseDirectUrl } = config
  if (databaseDirectUrl !== null || databasePool === 'session' || databasePool === 'transaction') refusePooler()
  const accounts = await oneAtATime(ownerUrl, async () => {
    await checkRelease(ownerUrl)
    const migrated = await migrateAccounts(ownerUrl)
    await migrateJobs(ownerUrl)
    await writePlaces(ownerUrl)
    await dropFormerQueues(ownerUrl)
    return migrated
  })
  const urls = await applicationUrls(config, await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl }), say)
  if (isPooled(urls.appUrl)) refusePooler()
  return { ownerUrl, ...urls, migrated: { engine: { applied: [], functions: [], version: 0 }, accounts } }
}

/** Each shard is reached at the address by which Citus knows its node: a pooler would be passed by. */
function refusePooler(): never {
  throw new StartError(
    'A connection pooler is not for a database that is distributed over Citus: DATABASE_URL must lead to the ' +
      'coordinator itself. Remove DATABASE_POOL and DATABASE_DIRECT_URL.',
  )
}

/** @throws MigrateError, DistributionUnfinished */
async function checkRelease(ownerUrl: string): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast start' })
  const { current, pending } = await distributedStatus(pool)
    .then(async (status) => {
      await readPlaces(pool)
      return status
    })
    .finally(() => pool.end())
  if (current) return
  throw new MigrateError(
    'distributed',
    `The database is distributed over Citus, and of another release: ${pending[0]} is missing. This release cannot ` +
      'update it. Start the release that it was distributed with.',
  )
}
