import { createPool, type DatabasePool } from '@holdfast/engine'
import { directoryName, ownerUrlOf } from '@holdfast/server/config'
import type { CommandContext } from './command.ts'
import type { ShardOption } from './command-options.ts'
import { withDatabase } from './with-database.ts'

/** A database of an installation, as the owner of its schema. */
export type NamedDatabase = { name: string; url: string; pool: DatabasePool }

/**
 * Runs `use` with the database of the settings, the directory, and with those of HOLDFAST_SHARDS; or with one of them
 * alone.
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
      const open = (name: string, url: string) => ({
        name,
        url,
        pool: createPool({ url, max: 1, name: `holdfast ${command}` }),
      })
      const directory = open(shard ?? directoryName, ownerUrl)
      const others = (shards ?? []).map((settings) => open(settings.name, ownerUrlOf(settings)))
      try {
        return await use(directory, others)
      } finally {
        await Promise.all([directory, ...others].map(({ pool }) => pool.end()))
      }
    },
    shard === undefined ? {} : { shard },
  )
}
