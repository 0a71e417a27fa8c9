import type pg from 'pg'
import sql from 'sql-template-tag'
import type { FormerSchema } from './former-schemas.ts'

const prefix = 'last_epoch_of_'

/**
 * The last epoch of each shard's log, by the shard's schema, as the coordinator has it in `holdfast.setting`. A schema
 * with an older one is outdated: the shard was written on another node since. An interruption may leave an earlier
 * number here, until the next call.
 */
export type NotedEpochs = ReadonlyMap<string, number>

export async function readNotedEpochs(coordinator: pg.Client): Promise<NotedEpochs> {
  const { rows } = await coordinator.query<{ schema: string; epoch: string }>(sql`
    select substr(name, ${prefix.length + 1}::int) as schema, value as epoch from holdfast.setting
     where starts_with(name, ${prefix})`)
  return new Map(rows.map(({ schema, epoch }) => [schema, Number(epoch)]))
}

/** When the shard is written. */
export async function noteEpoch(coordinator: pg.Client, schema: string, epoch: number): Promise<void> {
  await coordinator.query(sql`
    insert into holdfast.setting (name, value) values (${prefix + schema}, ${String(epoch)})
    on conflict (name) do update set value = excluded.value where setting.value::bigint < excluded.value::bigint`)
}

/** What a shard's own rows would be taken from. */
export type OwnRowsFound = {
  schema: string
  /** The last epoch of its schema where the shard is; null: it has none there. */
  epoch: number | null
  /** Otherwise, the former schema that has its rows. */
  source: FormerSchema | null
}

/** Whether they are the latest. With older ones, it would lack responses for retries, and send e-mails again. */
export function areLatest({ schema, epoch, source }: OwnRowsFound, noted: NotedEpochs): boolean {
  const isLatest = (found: number, of: string) => found >= (noted.get(of) ?? 0)
  if (epoch !== null) return isLatest(epoch, schema)
  // The rows of a shard that was split are those of a part that was not written yet.
  return source !== null && isLatest(source.epoch, source.schema) && isLatest(source.epoch, schema)
}
