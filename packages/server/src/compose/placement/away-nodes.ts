import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import { addressOf } from '@holdfast/engine/nodes-of'
import type { Shard } from '@holdfast/engine/shards'
import sql from 'sql-template-tag'

/** How a node of Citus is reached. `database`: by default, the one of the coordinator's name. */
export type NodeAddress = Pick<Shard, 'host' | 'port'> & Partial<Pick<Shard, 'database'>>

/** Nodes that cannot be used, each with the reason, by their addresses: {@link addressOf}. */
export type AwayNodes = ReadonlyMap<string, Error>

/**
 * The nodes that do not respond to the owner within `msMax`, refuse the login, or take no writes, because they are
 * standbys.
 */
export async function awayNodes(ownerUrl: string, all: readonly NodeAddress[], msMax: number): Promise<AwayNodes> {
  const oneOfEach = new Map(all.map((one) => [addressOf(one), one]))
  const failures = new Map<string, Error>()
  await Promise.all(
    Array.from(oneOfEach, async ([address, { host, port, database }]) => {
      const named = database === undefined ? {} : { database }
      const failure = await failureAt(changeDatabaseUrl(ownerUrl, { host, port, ...named }), msMax)
      if (failure !== null) failures.set(address, failure)
    }),
  )
  return failures
}

async function failureAt(url: string, msMax: number): Promise<Error | null> {
  const pool = createPool({ url, max: 1, name: 'holdfast start', connectTimeoutMs: msMax, queryTimeoutMs: msMax })
  try {
    const { rows } = await pool.query<{ isReadOnly: boolean }>(sql`
      select current_setting('transaction_read_only')::boolean as "isReadOnly"`)
    return rows[0]?.isReadOnly === false ? null : new Error('The node takes no writes.')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    await pool.close(0)
  }
}
