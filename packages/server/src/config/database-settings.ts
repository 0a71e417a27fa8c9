import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** Of connection poolers and replicas. */
export const databaseSettings = {
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
  shards: secretSetting(
    optionalSetting(
      'HOLDFAST_SHARDS',
      {
        description:
          'The other databases of an installation with several, each a name and a URL, with commas between. ' +
          'DATABASE_URL is then the directory, which has the accounts, and clinics too.',
        whenAbsent: 'DATABASE_URL has all clinics',
      },
      kinds.shardUrls,
    ),
  ),
  replicaLagMsMax: setting(
    'HOLDFAST_REPLICA_LAG_MS_MAX',
    '1000',
    'How many milliseconds a replica may be behind. Beyond it, it gets no reads.',
    kinds.wholeNumber(1, 600_000),
  ),
} as const
