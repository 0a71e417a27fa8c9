import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf } from '../model/id.ts'
import type { Block } from '../model/theatre-resource.ts'
import { isLapsedHold } from './case-conditions.ts'

/**
 * The minutes of the longest time from now on at which nothing takes the room of a block, while that lasts: no case
 * that takes more fits. 0: none is left.
 */
export async function longestFree(pool: pg.Pool, { id, roomId, from, to }: Block): Promise<number> {
  const clinicNo = clinicNoOf(id)
  const { rows } = await pool.query<{ minutes: number }>(sql`
    with block as (
      select tstzrange(${from}::timestamptz, ${to}::timestamptz) * tstzrange(now(), null) as during
    ), taken as (
      select coalesce(range_agg(a.during), '{}') as during
        from block b
        join holdfast.allocation a
          on a.clinic_no = ${clinicNo} and a.resource_id = ${roomId} and a.during && b.during
       where not ${isLapsedHold(sql`a`)}
    )
    select coalesce(max(extract(epoch from upper(f.during) - lower(f.during)) / 60), 0)::float8 as minutes
      from block b, taken t, unnest(tstzmultirange(b.during) - t.during) f(during)`)
  return rows[0]?.minutes ?? 0
}
