import { randomUUID } from 'node:crypto'
import { dropFormerSchemas } from '@holdfast/engine/drop-former-schemas'
import pg from 'pg'
import type { OpenShards } from './citus-shards.ts'
import { movePlacement } from './move-shards.ts'
import { writtenShards } from './written-shards.ts'

/** Of a shard that was moved away, and back while its first node still had what it had left there. */
export type MovedBack = {
  shard: string
  /** Whether that was still there when the shard had been written on the other node: else this proves nothing. */
  wasLeft: boolean
  /** Whether it has the row that it got on the other node. */
  hasRow: boolean
}

/**
 * Locks what a shard has left on its node, so that it cannot be dropped, and moves the shard back. Before the shard is
 * written there, what shards have left is dropped.
 */
export async function moveBack(url: string, shards: OpenShards): Promise<MovedBack> {
  const [shard] = shards.all()
  if (shard === undefined) throw new Error('There is no shard.')
  const { schema } = shard
  const name = `Moved back ${randomUUID()}`
  const holder = await connected(await ownerUrlOf(url, schema))
  try {
    await holder.query(`begin; lock table ${schema}.specialization in access share mode`)
    const { from } = await movePlacement(url, shard, 'block_writes')
    await writtenShards(url, { only: [schema] })
    const isDropped = await dropFormerSchemas(url).then(
      () => true,
      () => false,
    )
    const left = await holder.query(`select from ${schema}.specialization limit 1`)
    const away = await connected(await ownerUrlOf(url, schema))
    await away.query(`insert into ${schema}.specialization (name) values ($1)`, [name])
    await away.end()
    await holder.query('rollback')
    await movePlacement(url, shard, 'block_writes', from)
    await dropFormerSchemas(url)
    const [written] = await writtenShards(url, { only: [schema] })
    if (written !== undefined) await shards.reopen(written)
    const found = await holder.query(`select from ${schema}.specialization where name = $1`, [name])
    return { shard: schema, wasLeft: !isDropped && left.rowCount === 1, hasRow: found.rowCount === 1 }
  } finally {
    await holder.end()
  }
}

/** Of the node that has a shard now. */
async function ownerUrlOf(url: string, schema: string): Promise<string> {
  const [written] = await writtenShards(url, { only: [schema] })
  if (written === undefined) throw new Error(`Citus has no shard ${schema}.`)
  return written.ownerUrl
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast drill' })
  await client.connect()
  return client
}
