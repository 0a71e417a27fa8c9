import type pg from 'pg'
import sql from 'sql-template-tag'
import type { HashRange } from '../nodes/table-shards.ts'
import { type FormerSchema, includes } from './former-schemas.ts'

const prefix = 'last_epoch_of_'

/** The last epoch of a shard's log, and the range that the shard has, or had before it was split. */
export type NotedEpoch = { schema: string; epoch: number; range: HashRange }

/**
 * Those of each shard, as the coordinator has them in `holdfast.setting`. A schema with an older one is outdated: the
 * shard was written on another node since. An interruption may leave an earlier number here, until the next call.
 */
export type NotedEpochs = readonly NotedEpoch[]

export async function readNotedEpochs(coordinator: pg.Client): Promise<NotedEpochs> {
  const { rows } = await coordinator.query<{ schema: string; value: string }>(sql`
    select substr(name, ${prefix.length + 1}::int) as schema, value from holdfast.setting
     where starts_with(name, ${prefix}) order by name`)
  return rows.map(({ schema, value }) => {
    const [epoch, hashMin = null, hashMax = null] = value.split(' ')
    return { schema, epoch: Number(epoch), range: { hashMin, hashMax } }
  })
}

/** When the shard is written. */
export async function noteEpoch(coordinator: pg.Client, { schema, epoch, range }: NotedEpoch): Promise<void> {
  const value = `${epoch} ${range.hashMin} ${range.hashMax}`
  await coordinator.query(sql`
    insert into holdfast.setting (name, value) values (${prefix + schema}, ${value})
    on conflict (name) do update set value = excluded.value
      where split_part(setting.value, ' ', 1)::bigint <= split_part(excluded.value, ' ', 1)::bigint`)
}

/**
 * The last epoch of the clinics of a range: of their shard, and of those that were split before it. The log of a part
 * begins after that of the shard that was split.
 */
export function notedEpochOf(range: HashRange, noted: NotedEpochs): number {
  return Math.max(0, ...noted.filter((each) => includes(each.range, range)).map(({ epoch }) => epoch))
}

/** What a shard's own rows would be taken from. */
export type OwnRowsFound = {
  range: HashRange
  /** The last epoch of its schema where the shard is; null: it has none there. */
  epoch: number | null
  /** Otherwise, the former schema that has its rows. */
  source: Pick<FormerSchema, 'epoch'> | null
}

/** Whether they are the latest. With older ones, the shard would miss stored responses and repeat e-mails. */
export function areLatest({ range, epoch, source }: OwnRowsFound, noted: NotedEpochs): boolean {
  const found = epoch ?? source?.epoch ?? null
  return found !== null && found >= notedEpochOf(range, noted)
}
