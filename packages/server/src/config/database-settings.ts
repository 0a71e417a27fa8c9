import { oneDatabase } from './one-database.ts'
import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'
import { shardUrls } from './shard-settings.ts'

/** The settings of databases, their connection poolers and replicas. */
export const databaseSettings = {
  ...oneDatabase,
  shards: secretSetting(
    'HOLDFAST_SHARDS',
    'DATABASE_URL has all clinics',
    'The other databases of an installation with several, each a name and a URL, with commas between. ' +
      'DATABASE_URL is then the directory, which has the accounts, and clinics too.',
    shardUrls,
  ),
  shardsFile: optionalSetting(
    'HOLDFAST_SHARDS_FILE',
    'HOLDFAST_SHARDS has them',
    'The same as a file, for databases with poolers or replicas of their own: a JSON object with the settings of ' +
      'each by its name, such as {"north": {"DATABASE_URL": "postgres://…"}}. It has passwords.',
    kinds.file,
  ),
  replicaLagMsMax: setting(
    'HOLDFAST_REPLICA_LAG_MS_MAX',
    '1000',
    'How many milliseconds a replica may be behind. Beyond it, it gets no reads.',
    kinds.wholeNumber(1, 600_000),
  ),
} as const
