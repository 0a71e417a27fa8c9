import { createPool, type DatabasePool, expectedShard, openShardPool } from '@holdfast/engine'
import { directoryName, ownerUrlOf } from '@holdfast/server/config'
import type { CommandContext } from './command.ts'
import type { ShardOption } from './command-options.ts'
import { refuseUnlessMigrated } from './refuse-unless-migrated.ts'
import { withDatabase } from './with-database.ts'

/** A database of an installation, as the owner of its schema. */
export type NamedDatabase = { name: string; url: string; pool: DatabasePool }

/** Why a database cannot be used that the directory knows, and the settings lack. */
export const missingProblem = 'it has clinics, and is missing in HOLDFAST_SHARDS'

/**
 * Runs `use` with the database of the settings, the directory, and with those of HOLDFAST_SHARDS; or with one of them
 * alone. Queries of one whose URL leads to another database fail with ShardRefused.
 *
 * @throws CommandRefusal if the directory is not up to date
 */
export function withAllDatabases<Result>(
  context: CommandContext,
  command: string,
  use: (directory: NamedDatabase, others: readonly NamedDatabase[]) => Promise<Result>,
  { shard }: ShardOption = {},
): Promise<Result> {
  return withDatabase(
    context,
    async ({ ownerUrl }, { shards }) => {
      const settingsOf = (url: string) => ({ url, max: 1, name: `holdfast ${command}` })
      const directory = { name: shard ?? directoryName, url: ownerUrl, pool: createPool(settingsOf(ownerUrl)) }
      const others: NamedDatabase[] = []
      try {
        await refuseUnlessMigrated(directory.pool)
        for (const settings of shards ?? []) {
          const { name } = settings
          const url = ownerUrlOf(settings)
          others.push({ name, url, pool: openShardPool(await expectedShard(directory.pool, name), settingsOf(url)) })
        }
        return await use(directory, others)
      } finally {
        await Promise.all([directory, ...others].map(({ pool }) => pool.end()))
      }
    },
    shard === undefined ? {} : { shard },
  )
}
