import { createPool, ensureAppLogin, isPooled } from '@holdfast/engine'
import { noteAccountClinics } from '@holdfast/engine/note-account-clinics'
import { readShards } from '@holdfast/engine/shards'
import type { Config } from '../config/config.ts'
import { dropFormerQueues } from '../jobs/jobs-schema.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { applicationUrls } from './application-urls.ts'
import type { MigratedDatabase } from './migrated-database.ts'
import { updateCoordinator } from './update-coordinator.ts'
import { writeShards } from './write-shards.ts'

type Settings = Pick<
  Config,
  'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool' | 'databaseReplicaUrls'
>

/**
 * Prepares a database that is distributed over Citus: brings the coordinator up to date, and the schema and the job
 * queue of each shard, also where a move or an interruption has left something to do. Idempotent, and safe in several
 * processes at the same time.
 *
 * @throws StartError for settings that are not for such a database; MigrateError for problems that a person has to fix;
 *   DistributionUnfinished if `holdfast migrate --citus` was interrupted while it distributed the database
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
  const migrated = await oneAtATime(ownerUrl, async () => {
    await refuseUnfinished(ownerUrl)
    const updated = await updateCoordinator(ownerUrl, say)
    await writeShards(ownerUrl)
    await noteRoles(ownerUrl)
    await dropFormerQueues(ownerUrl)
    return updated
  })
  const urls = await applicationUrls(config, await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl }), say)
  if (isPooled(urls.appUrl)) refusePooler()
  return { ownerUrl, ...urls, migrated }
}

/** Each shard is reached at the address by which Citus knows its node: a pooler would be passed by. */
function refusePooler(): never {
  throw new StartError(
    'A connection pooler is not for a database that is distributed over Citus: DATABASE_URL must lead to the ' +
      'coordinator itself. Remove DATABASE_POOL and DATABASE_DIRECT_URL.',
  )
}

/**
 * A role without a note has no effect, and second factors of its account are not protected as those of a clinic's
 * people. Servers of a release before the notes give roles without one, and a restored coordinator lacks the latest.
 */
async function noteRoles(ownerUrl: string): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast start' })
  await noteAccountClinics(pool).finally(() => pool.end())
}

/** @throws DistributionUnfinished */
async function refuseUnfinished(ownerUrl: string): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast start' })
  await readShards(pool).finally(() => pool.end())
}
