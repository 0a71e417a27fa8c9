import { isShardMoved } from '@holdfast/engine'
import { dropFormerSchemas } from '@holdfast/engine/drop-former-schemas'
import type { BuiltSlot } from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { CitusLoad } from './citus-load.ts'
import type { OpenShards } from './citus-shards.ts'
import { cleanUp, splitPlacement } from './move-shards.ts'
import { writtenShards } from './written-shards.ts'

export type Split = { shard: string; parts: string[]; splitMs: number; gapMs: number }

type Options = {
  url: string
  coordinator: pg.Client
  shards: OpenShards
  slots: readonly BuiltSlot[]
  load: CitusLoad
  n: number
}

/**
 * Splits a shard between its clinics, one part onto another node, writes the parts, and lets the load go on in them.
 * Writes wait meanwhile: with logical replication, Citus 13.2.2 never ends under updates of slots (decision 0051).
 */
export async function splitShard({ url, coordinator, shards, slots, load, n }: Options): Promise<Split> {
  const shard = shards.all()[n % shards.all().length]
  if (shard === undefined) throw new Error('There is no shard.')
  const clinicNos = [...new Set(slots.map(({ clinicNo }) => clinicNo))].filter(
    (no) => shards.open(no).schema === shard.schema,
  )
  const startedAt = performance.now()
  const splitMs = await splitPlacement(url, shard, clinicNos)
  await refuseFormer(shard.pool)
  const { rows: parts } = await coordinator.query<{ schema: string }>(sql`
    select distinct 'holdfast_' || get_shard_id_for_distribution_column('holdfast.clinic', no) as schema
      from unnest(${clinicNos}::integer[]) no`)
  const written = await writtenShards(url, { only: parts.map(({ schema }) => schema) })
  shards.add(written)
  for (const clinicNo of clinicNos) await shards.find(clinicNo, coordinator)
  await shards.close(shard)
  await dropFormerSchemas(url)
  await cleanUp(url)
  const gaps: number[] = []
  for (const { schema } of written) {
    await load.untilAcknowledgedIn(schema)
    gaps.push(load.gapMsIn([shard.schema, schema], startedAt))
  }
  const names = written.map(({ schema }) => schema)
  return { shard: shard.schema, parts: names, splitMs, gapMs: Math.round(Math.max(...gaps)) }
}

/** Writes into the shard that was split have to be refused as in one that was moved: then a server repeats them. */
async function refuseFormer(pool: Pick<pg.Pool, 'query'>): Promise<void> {
  const refusal: unknown = await pool.query('update holdfast.clinic set name = name').catch((error: unknown) => error)
  if (!isShardMoved(refusal)) throw new Error('A shard that was split took a write.', { cause: refusal })
}
