import { readValues } from './read-values.ts'
import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** The settings of a database: that of the environment, and each one of HOLDFAST_SHARDS_FILE. */
export const oneDatabase = {
  databaseUrl: secretSetting(
    optionalSetting(
      'DATABASE_URL',
      {
        description: 'PostgreSQL 15 or newer, as the role that owns the schema.',
        whenAbsent: 'the embedded server, with its data in HOLDFAST_DATA',
      },
      kinds.postgresUrl,
    ),
  ),
  databaseAppUrl: secretSetting(
    optionalSetting(
      'DATABASE_APP_URL',
      {
        description: "The application role's login, for a DATABASE_URL whose role may not create roles.",
        whenAbsent: 'a login <database>_holdfast_app is created',
      },
      kinds.postgresUrl,
    ),
  ),
  databaseDirectUrl: secretSetting(
    optionalSetting(
      'DATABASE_DIRECT_URL',
      {
        description:
          'If DATABASE_URL leads to PgBouncer: the same database and role without it, for migrations, notifications, ' +
          'the job queue and backups.',
        whenAbsent: 'DATABASE_URL',
      },
      kinds.postgresUrl,
    ),
  ),
  databasePool: setting(
    'DATABASE_POOL',
    'auto',
    'What DATABASE_URL, or DATABASE_APP_URL, leads to: direct (PostgreSQL), transaction (PgBouncer with that pool ' +
      'mode), session (PgBouncer with that one). auto finds out at the start, and takes PgBouncer as transaction.',
    kinds.oneOf('auto', 'direct', 'session', 'transaction'),
  ),
  databaseReplicaUrls: secretSetting(
    optionalSetting(
      'DATABASE_REPLICA_URLS',
      {
        description:
          'Hot standbys that serve lists, statistics and exports, each the URL of one server, with commas between. ' +
          "Without a user, the application's login is used.",
        whenAbsent: 'the primary serves all reads',
      },
      kinds.postgresUrls,
    ),
  ),
} as const

/** The same without any setting: those of the embedded database. */
export const noDatabaseSettings = readValues(oneDatabase, {}).values
