import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { oneRow } from '../database/one-row.ts'
import { rowsOf, type ShardPools } from '../database/shard-pools.ts'
import type { Reads } from '../model/reads.ts'

/** A count, and what the next one needs to add only what has changed since. */
type Count = {
  /** What this count could see, as `pg_snapshot` writes it. */
  snapshot: string
  /** Transaction numbers are comparable within it. */
  epoch: number
  bookings: number
  /** The slots with more booked units than their capacity: none, unless there is a bug. */
  overbooked: string[]
  countedAt: Date
  /** When all bookings were read, as `performance.now()`. */
  allReadAtMs: number
}
type CountRow = Omit<Count, 'allReadAtMs' | 'countedAt'> & { counted_at: Date }

/** All bookings are read again after this time, so that a change without an event is found as well. */
const allReadMsMax = 24 * 60 * 60_000

/** The first condition is that of the index `booking_settled`. */
const isCounted = sql`b.status <> 'PENDING' and b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')`
const takesUnits = sql`b.status in ('PENDING', 'CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')`
const currentEpoch = sql`(select coalesce(max(no), 0)::float8 from holdfast.log_epoch)`

/**
 * The count of double bookings. The first call, and one a day, reads every booking (seconds for some millions); the
 * others read only the bookings and slots with events since the count before.
 */
export function proofReads(shards: ShardPools): Pick<Reads, 'proof'> {
  // A shard that has moved has another pool, and all its bookings are read again.
  const last = new WeakMap<pg.Pool, Count>()

  async function count(pool: pg.Pool): Promise<Count> {
    const before = last.get(pool)
    if (before !== undefined && performance.now() - before.allReadAtMs < allReadMsMax) {
      const counted = await counts(pool, changesSince(before))
      // In another epoch, the snapshot says nothing about what has changed.
      if (counted.epoch === before.epoch) return { ...counted, allReadAtMs: before.allReadAtMs }
    }
    const allReadAtMs = performance.now()
    return { ...(await counts(pool, all)), allReadAtMs }
  }

  return {
    async proof() {
      const counted = await rowsOf(shards.all(), async (pool): Promise<Counted[]> => {
        const found = await count(pool)
        last.set(pool, found)
        const { bookings, overbooked, countedAt } = found
        return [{ bookings, overbooked: overbooked.length, countedAt }]
      })
      return counted.reduce(sumOf)
    },
  }
}

type Counted = { bookings: number; overbooked: number; countedAt: Date }

/** The sum is as old as the oldest of its parts. */
function sumOf(one: Counted, other: Counted): Counted {
  return {
    bookings: one.bookings + other.bookings,
    overbooked: one.overbooked + other.overbooked,
    countedAt: one.countedAt < other.countedAt ? one.countedAt : other.countedAt,
  }
}

async function counts(pool: pg.Pool, statement: Sql): Promise<Omit<Count, 'allReadAtMs'>> {
  const row = oneRow(await pool.query<CountRow>(statement))
  const { counted_at: countedAt, ...count } = row
  return { ...count, countedAt }
}

const all = sql`
  select pg_current_snapshot()::text as snapshot, ${currentEpoch} as epoch, statement_timestamp() as counted_at,
         coalesce(sum(c.bookings), 0)::float8 as bookings,
         coalesce(array_agg(s.id) filter (where c.units > s.capacity), '{}') as overbooked
    from (select b.clinic_no, b.slot_id, sum(b.units) as units, count(*) filter (where ${isCounted}) as bookings
            from holdfast.booking b
           where ${takesUnits}
           group by b.clinic_no, b.slot_id) c
    join holdfast.slot s on s.clinic_no = c.clinic_no and s.id = c.slot_id`

/** Each of the two indexes on slots has either the holds or all other bookings. */
function unitsOf(isTaken: Sql): Sql {
  return sql`(select coalesce(sum(b.units), 0) from holdfast.booking b
               where b.clinic_no = c.clinic_no and b.slot_id = c.slot_id and ${isTaken})`
}

/**
 * A booking with new events was counted before if an event that the snapshot could see had confirmed it, and none had
 * ended it: a confirmed booking that is cancelled or fails is never reopened.
 */
function changesSince({ snapshot, bookings, overbooked }: Count): Sql {
  const isNew = sql`e.xid >= pg_snapshot_xmin(${snapshot}::pg_snapshot)
                    and not pg_visible_in_snapshot(e.xid, ${snapshot}::pg_snapshot)`
  return sql`
    with event as (
      select e.clinic_no, e.booking_id, e.slot_id, e.from_slot_id from holdfast.recent_event e where ${isNew}
      union all
      select e.clinic_no, e.booking_id, e.slot_id, e.from_slot_id from holdfast.recent_late_event e where ${isNew}
    ), gain as (
      select coalesce(sum(now_counted.one - was_counted.one), 0)::float8 as bookings
        from (select distinct clinic_no, booking_id from event) c
       cross join lateral (
         select count(*) as one from holdfast.booking b
          where b.clinic_no = c.clinic_no and b.id = c.booking_id and ${isCounted}) now_counted
       cross join lateral (
         select (coalesce(bool_or(e.type = 'confirmed'), false)
                 and not coalesce(bool_or(e.type in ('cancelled', 'failed')), false))::integer as one
           from holdfast.booking_event e
          where e.clinic_no = c.clinic_no and e.booking_id = c.booking_id
            and pg_visible_in_snapshot(e.xid, ${snapshot}::pg_snapshot)) was_counted
    ), changed_slot as (
      select clinic_no, slot_id from event
      union
      select clinic_no, from_slot_id from event where from_slot_id is not null
      union
      select holdfast.clinic_no_of(id), id from unnest(${overbooked}::uuid[]) id
    )
    select pg_current_snapshot()::text as snapshot, ${currentEpoch} as epoch, statement_timestamp() as counted_at,
           ${bookings}::float8 + (select g.bookings from gain g) as bookings,
           coalesce((
             select array_agg(s.id)
               from changed_slot c
               join holdfast.slot s on s.clinic_no = c.clinic_no and s.id = c.slot_id
              where s.capacity < ${unitsOf(isCounted)} + ${unitsOf(sql`b.status = 'PENDING'`)}
           ), '{}') as overbooked`
}
