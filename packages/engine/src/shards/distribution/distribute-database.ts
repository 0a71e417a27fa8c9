import pg from 'pg'
import { inClientTransaction } from '../../database/client-transaction.ts'
import { connectClient } from '../../database/connect-client.ts'
import { migrationStatus } from '../../migrate/migration-status.ts'
import { finishedComment, isDistributionFinished } from '../nodes/distribution-state.ts'
import { deleteCopiedRows } from '../placement/own-rows.ts'
import { type WrittenShards, writeShardSchemas } from '../placement/write-shard-schemas.ts'
import { checkCitus, DistributionRefused } from './check-citus.ts'
import { distribute } from './distribute.ts'
import { migrateDistributed } from './migrate-distributed.ts'
import { noteAccountClinics } from './note-account-clinics.ts'

export type Distribution = WrittenShards & {
  nodes: number
  /** Distributed now, with their rows; null: they were distributed by a call that was interrupted. */
  distributed: { tables: number; rows: number } | null
  /** All shards have had their own rows, so that servers can start. */
  isFinished: boolean
}

/**
 * Distributes a database with all its rows over the nodes of Citus: its tables, a schema for each shard, and the rows
 * of the shards' own tables. Repeated after an interruption, it does the rest. Later, a start updates the database.
 *
 * @param ownerUrl of the coordinator's database, which `migrate` has brought up to date, and in which nobody writes
 * @throws DistributionRefused
 */
export async function distributeDatabase(ownerUrl: string): Promise<Distribution> {
  const nodes = await checkCitus(ownerUrl)
  const client = await connectClient({ url: ownerUrl, name: 'holdfast migrate' })
  try {
    // A login that is called as the schema would find it first, and PostgreSQL would not name it in definitions.
    await client.query('set search_path = public')
    const { current, pending } = await migrationStatus(client)
    if (!current) throw new DistributionRefused(`the database is not one of this release: ${pending[0]} is missing`)
    const distributed = await distribute(client)
    // Passes the grants on: the application reads over all shards.
    await migrateDistributed({ ownerUrl })
    const { written, refused } = await writeShardSchemas(ownerUrl)
    // While it is missing, nobody with a role would be found: no server starts before `finish`.
    await noteAccountClinics(client)
    if (refused.size === 0) await finish(client)
    return { nodes, written, distributed, refused, isFinished: await isDistributionFinished(client) }
  } finally {
    await client.end()
  }
}

/** When all shards have their own rows, deletes the coordinator's copies. */
async function finish(client: pg.Client): Promise<void> {
  if (await isDistributionFinished(client)) return
  await inClientTransaction(client, async () => {
    await deleteCopiedRows(client)
    await client.query(`comment on table holdfast.shard_trigger is ${pg.escapeLiteral(finishedComment)}`)
  })
}
