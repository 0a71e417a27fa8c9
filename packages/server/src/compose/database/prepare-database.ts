import { describeMissing, isShard, missingShards, storeAuditMonths, withPool } from '@holdfast/engine'
import type { Config } from '../../config/config.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import { openSecrets, type SecretSettings } from './database-secrets.ts'
import { type LoginSettings, type MigratedDatabase, migrateDatabase } from './migrate-database.ts'
import { type PreparedShard, prepareShards, type Say } from './prepare-shards.ts'

export type PreparedDatabase = MigratedDatabase & {
  /** The first signs, all verify. */
  secrets: string[]
  /** The other databases of the installation, HOLDFAST_SHARDS. null: there are none. */
  shards: readonly PreparedShard[] | null
}

/**
 * Brings the database up to date, and the other databases of the installation, opens the server's secrets, and stores
 * for how long the security log is kept. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError, ShardRefused, StartError for problems that a person has to fix
 */
export async function prepareDatabase(
  config: ClinicSettings & SecretSettings,
  ownerUrl: string,
  say: Say = () => undefined,
): Promise<PreparedDatabase> {
  const migrated = await migrateDirectory(config, ownerUrl, say)
  await storeAuditMonths(ownerUrl, config.auditMonths)
  const secrets = await openSecrets(ownerUrl, config)
  const shards = config.shards === null ? null : await prepareShards(config, ownerUrl, say)
  return { ...migrated, secrets, shards }
}

type ClinicSettings = LoginSettings & Pick<Config, 'auditMonths' | 'shards'>

/**
 * The same without the secrets, for a command that creates clinics.
 *
 * @throws MigrateError, AppLoginError, ShardRefused, StartError for problems that a person has to fix
 */
export async function prepareClinics(
  config: ClinicSettings,
  ownerUrl: string,
  say: Say = () => undefined,
): Promise<Omit<PreparedDatabase, 'secrets'>> {
  const migrated = await migrateDirectory(config, ownerUrl, say)
  return { ...migrated, shards: config.shards === null ? null : await prepareShards(config, ownerUrl, say) }
}

/** The only database, or that of several which knows where clinics are. */
async function migrateDirectory(config: ClinicSettings, ownerUrl: string, say: Say): Promise<MigratedDatabase> {
  const migrated = await migrateDatabase(config, ownerUrl, say)
  await refuseShard(ownerUrl)
  await refuseWithoutShards(config, ownerUrl, say)
  return migrated
}

/** Alone, a shard would draw numbers of clinics that others have, and would not find the accounts. */
async function refuseShard(ownerUrl: string): Promise<void> {
  if (await withPool({ url: ownerUrl, name: 'holdfast start' }, isShard)) {
    throw new StartError(
      'DATABASE_URL is a shard of an installation. Set it to the URL of the directory, and HOLDFAST_SHARDS to those ' +
        'of the shards.',
    )
  }
}

/**
 * The clinics of a database that a server does not know get 503, and one without clinics may have some soon. With its
 * name, the settings can be corrected.
 *
 * @throws StartError if the settings lack a database whose name is known
 */
export async function refuseWithoutShards(
  { shards }: Pick<Config, 'shards'>,
  ownerUrl: string,
  say: Say,
): Promise<void> {
  const names = shards?.map(({ name }) => name) ?? []
  const missing = await withPool({ url: ownerUrl, name: 'holdfast start' }, (pool) => missingShards(pool, names))
  const named = missing.filter(({ name }) => name !== null)
  if (named.length > 0) {
    const list = named.map(describeMissing).join(', ')
    throw new StartError(
      `HOLDFAST_SHARDS lacks ${list}. Add it. To take a database out, run holdfast shards drain first.`,
    )
  }
  for (const one of missing) {
    say(`The directory knows ${describeMissing(one)}, which HOLDFAST_SHARDS lacks: these clinics get 503.`, 'warn')
  }
}
