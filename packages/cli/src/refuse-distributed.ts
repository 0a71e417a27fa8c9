import { isDistributed, withPool } from '@holdfast/engine'
import { readShards, type Shard } from '@holdfast/engine/shards'
import { CommandRefusal } from './command.ts'

/** @param reason why the command does not work on shards. @throws CommandRefusal for a database on Citus */
export async function refuseDistributed(ownerUrl: string, reason: string): Promise<void> {
  if (!(await withPool({ url: ownerUrl, name: 'holdfast command' }, isDistributed))) return
  throw new CommandRefusal(`the database is distributed over Citus: ${reason}. Nothing was changed`)
}

/** The shards of a database that is distributed over Citus; null: it is not. @throws DistributionUnfinished */
export function shardsIfDistributed(url: string): Promise<Shard[] | null> {
  return withPool({ url, name: 'holdfast command' }, async (pool) =>
    (await isDistributed(pool)) ? readShards(pool) : null,
  )
}
