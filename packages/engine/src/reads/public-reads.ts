import type pg from 'pg'
import sql, { empty } from 'sql-template-tag'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'

/** One query returns all: an id takes 40 bytes. */
const publicDoctorsMax = 50_000

/** What pages for search engines need: nothing of bookings, and only of active doctors. */
export function publicReads(pool: pg.Pool, shards: ShardPools): Pick<Reads, 'openHours' | 'publicDoctors'> {
  return {
    async openHours({ clinicNo, doctorId, days }) {
      if (doctorId !== null && (!isId(doctorId) || clinicNoOf(doctorId) !== clinicNo)) return []
      const { rows } = await pool.query<{ day: string; opens: string; closes: string }>(sql`
        select to_char(s.starts_at at time zone c.timezone, 'YYYY-MM-DD') as day,
               to_char(min(s.starts_at) at time zone c.timezone, 'HH24:MI') as opens,
               to_char(max(s.ends_at) at time zone c.timezone, 'HH24:MI') as closes
          from holdfast.clinic c
         cross join lateral (
           select t.clinic_no, t.resource_id, t.starts_at, t.ends_at
             from holdfast.slot t where t.clinic_no = c.no and holdfast.takes_time(t)
           union all
           select o.clinic_no, o.resource_id, o.starts_at, o.ends_at
             from holdfast.open_session o where o.clinic_no = c.no and o.withdrawn_at is null) s
          join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
         where c.no = ${clinicNo} and r.kind = 'doctor' and r.active
           and s.starts_at >= now() and s.starts_at < now() + make_interval(days => ${days})
           ${doctorId === null ? empty : sql`and s.resource_id = ${doctorId}`}
         group by 1, c.timezone
         order by 1`)
      return rows
    },

    async publicDoctors() {
      const found = await placedRowsOf(shards, async (shard, elsewhereNos) => {
        const { rows } = await shard.query<{ id: string; clinicId: string }>(sql`
          select r.id, c.id as "clinicId"
            from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
           where r.kind = 'doctor' and r.active and ${isHere(sql`r.clinic_no`, elsewhereNos)}
           order by r.clinic_no, r.id
           limit ${publicDoctorsMax}`)
        return rows
      })
      return found.slice(0, publicDoctorsMax)
    },
  }
}
