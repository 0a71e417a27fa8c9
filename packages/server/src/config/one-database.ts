import { readValues } from './read-values.ts'
import { secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** The settings of a database: that of the environment, and each one of HOLDFAST_SHARDS_FILE. */
export const oneDatabase = {
  databaseUrl: secretSetting(
    'DATABASE_URL',
    'the embedded server, with its data in HOLDFAST_DATA',
    'PostgreSQL 15 or newer, as the role that owns the schema.',
    kinds.postgresUrl,
  ),
  databaseAppUrl: secretSetting(
    'DATABASE_APP_URL',
    'a login <database>_holdfast_app is created',
    "The application role's login, for a DATABASE_URL whose role may not create roles.",
    kinds.postgresUrl,
  ),
  databaseDirectUrl: secretSetting(
    'DATABASE_DIRECT_URL',
    'DATABASE_URL',
    'If DATABASE_URL leads to PgBouncer: the same database and role without it, for migrations, notifications, ' +
      'the job queue and backups.',
    kinds.postgresUrl,
  ),
  databasePool: setting(
    'DATABASE_POOL',
    'auto',
    'What DATABASE_URL, or DATABASE_APP_URL, leads to: direct (PostgreSQL), transaction (PgBouncer with that pool ' +
      'mode), session (PgBouncer with that one). auto finds out at the start, and takes PgBouncer as transaction.',
    kinds.oneOf('auto', 'direct', 'session', 'transaction'),
  ),
  databaseReplicaUrls: secretSetting(
    'DATABASE_REPLICA_URLS',
    'the primary serves all reads',
    'Hot standbys that serve lists, statistics and exports, each the URL of one server, with commas between. ' +
      "Without a user, the application's login is used.",
    kinds.postgresUrls,
  ),
} as const

/** The same without any setting: those of the embedded database. */
export const noDatabaseSettings = readValues(oneDatabase, {}).values
