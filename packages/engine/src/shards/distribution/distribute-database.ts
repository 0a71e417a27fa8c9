import pg from 'pg'
import { migrationStatus } from '../../migrate/migration-status.ts'
import { finishedComment, isDistributionFinished } from '../nodes/distribution-state.ts'
import { readTableShards, schemaOf, shardsOfClinic } from '../nodes/table-shards.ts'
import { deleteCopiedRows } from '../placement/own-rows.ts'
import { type Refusals, type WrittenShard, writeShardSchemas } from '../placement/write-shard-schemas.ts'
import { checkCitus, DistributionRefused } from './check-citus.ts'
import { distribute } from './distribute.ts'
import { migrateDistributed } from './migrate-distributed.ts'
import { noteAccountClinics } from './note-account-clinics.ts'

export type Distribution = {
  nodes: number
  shards: WrittenShard[]
  /** Distributed now, with their rows; null: they were distributed before. */
  distributed: { tables: number; rows: number } | null
  /** Rows of the shards' own tables that were copied now. */
  ownRows: number
  /** Whether a former call was interrupted, a shard has been moved since, or the coordinator did not know of a role. */
  isCompleted: boolean
  /** Shards whose schema was written now. */
  updatedShards: number
  /** The schemas of shards whose own rows are lost, from now on. */
  shardsWithLoss: string[]
  /** Shards that could not be written. */
  refused: Refusals
  /** All shards have had their own rows, so that servers can start. */
  isFinished: boolean
}

/**
 * Distributes a database with all its rows over the nodes of Citus: its tables, a schema for each shard, and the rows
 * of the shards' own tables. Repeated after an interruption, it does the rest; otherwise it changes no row.
 *
 * @param ownerUrl of the coordinator's database, which `migrate` has brought up to date, and in which nobody writes
 * @param lossAccepted as of {@link writeShardSchemas}
 * @throws DistributionRefused
 */
export async function distributeDatabase(
  ownerUrl: string,
  lossAccepted: readonly string[] = [],
): Promise<Distribution> {
  const nodes = await checkCitus(ownerUrl)
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'holdfast migrate' })
  client.on('error', () => {})
  await client.connect()
  try {
    // A login that is called as the schema would find it first, and PostgreSQL would not name it in definitions.
    await client.query('set search_path = public')
    const { current, pending } = await migrationStatus(client)
    if (!current) throw new DistributionRefused(`the database is not one of this release: ${pending[0]} is missing`)
    await checkShards(client, lossAccepted)
    const distributed = await distribute(client)
    // Passes the grants on: the application reads over all shards.
    await migrateDistributed({ ownerUrl })
    const { written: shards, refused } = await writeShardSchemas(ownerUrl, { lossAccepted })
    // While it is missing, nobody with a role would be found: no server starts before `finish`.
    const noted = await noteAccountClinics(client)
    const wasUnfinished = refused.size === 0 && (await finish(client))
    const copied = shards.flatMap(({ copiedRows }) => (copiedRows === null ? [] : [copiedRows]))
    return {
      nodes,
      shards,
      distributed,
      ownRows: copied.reduce((sum, rows) => sum + rows, 0),
      isCompleted: distributed === null && (wasUnfinished || copied.length > 0 || noted > 0),
      updatedShards: shards.filter(({ isWritten }) => isWritten).length,
      shardsWithLoss: shards.filter(({ hasLostRows }) => hasLostRows).map(({ schema }) => schema),
      refused,
      isFinished: await isDistributionFinished(client),
    }
  } finally {
    await client.end()
  }
}

async function checkShards(client: pg.Client, named: readonly string[]): Promise<void> {
  const schemas = shardsOfClinic(await readTableShards(client)).map(schemaOf)
  const unknown = named.find((schema) => !schemas.includes(schema))
  if (unknown === undefined) return
  throw new DistributionRefused(`there is no shard ${unknown}, but ${schemas.join(', ') || 'none yet'}`)
}

/** When all shards have their own rows, deletes the coordinator's copies. @returns whether this was left to do */
async function finish(client: pg.Client): Promise<boolean> {
  if (await isDistributionFinished(client)) return false
  await client.query('begin')
  try {
    await deleteCopiedRows(client)
    await client.query(`comment on table holdfast.shard_trigger is ${pg.escapeLiteral(finishedComment)}`)
    await client.query('commit')
    return true
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}
