import { randomUUID } from 'node:crypto'
import { writeShardSchemas } from '@holdfast/engine/write-shard-schemas'
import pg from 'pg'
import sql from 'sql-template-tag'
import type { OpenShards } from './citus-shards.ts'

/** Of a shard that was moved away, and back while its first node still had what it had left there. */
export type MovedBack = {
  shard: string
  /** Whether that was still there when the shard had been written on the other node: else this proves nothing. */
  wasLeft: boolean
  /** Whether it has the row that it got on the other node. */
  hasRow: boolean
}

type Scene = { url: string; coordinator: pg.Client; shards: OpenShards }

/**
 * Locks what a shard has left on its node, so that it cannot be dropped, and moves the shard back. Another shard is
 * written before it is.
 */
export async function moveBack({ url, coordinator, shards }: Scene): Promise<MovedBack> {
  const [shard, other] = shards.all()
  if (shard === undefined || other === undefined) throw new Error('There are too few shards.')
  const { schema, shardId } = shard
  const { rows: nodes } = await coordinator.query<{ host: string; port: number }>(sql`
    select nodename as host, nodeport as port from pg_dist_node where shouldhaveshards
     order by groupid <> (select groupid from pg_dist_placement where shardid = ${shardId}), groupid limit 2`)
  const [here, there] = nodes
  if (here === undefined || there === undefined) throw new Error('A shard can be moved if two nodes have shards.')
  const move = (from: typeof here, to: typeof here) =>
    coordinator.query(sql`
      select citus_move_shard_placement(${shardId}, ${from.host}, ${from.port}::int, ${to.host}, ${to.port}::int,
                                        'block_writes')`)
  const name = `Moved back ${randomUUID()}`
  const holder = await connected(await ownerUrlOf(url, schema))
  try {
    await holder.query(`begin; lock table ${schema}.specialization in access share mode`)
    await move(here, there)
    await writeShardSchemas(url, [schema])
    const left = await holder.query(`select from ${schema}.specialization limit 1`)
    const away = await connected(await ownerUrlOf(url, schema))
    await away.query(`insert into ${schema}.specialization (name) values ($1)`, [name])
    await away.end()
    await holder.query('rollback')
    await move(there, here)
    await writeShardSchemas(url, [other.schema])
    const [written] = await writeShardSchemas(url, [schema])
    if (written !== undefined) await shards.reopen(written)
    const found = await holder.query(`select from ${schema}.specialization where name = $1`, [name])
    return { shard: schema, wasLeft: left.rowCount === 1, hasRow: found.rowCount === 1 }
  } finally {
    await holder.end()
  }
}

/** Of the node that has a shard now. */
async function ownerUrlOf(url: string, schema: string): Promise<string> {
  const [written] = await writeShardSchemas(url, [schema])
  if (written === undefined) throw new Error(`Citus has no shard ${schema}.`)
  return written.ownerUrl
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast drill' })
  await client.connect()
  return client
}
