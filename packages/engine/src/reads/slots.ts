import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { type SlotRow, selectedSlot, slotOf } from './slot-row.ts'

// A withdrawn slot has nothing available, even if it still has ARRIVED patients.
function slotById(slotId: string): Sql {
  return sql`
    select q.id, q.resource_id, q.starts_at, q.ends_at, q.capacity,
           case when q.withdrawn then 0 else q.available end as available
      from (select ${selectedSlot}, s.withdrawn_at is not null as withdrawn
              from holdfast.slot s
              join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
             where s.clinic_no = ${clinicNoOf(slotId)} and s.id = ${slotId}) q`
}

/** Slots by id, also withdrawn ones; single ones of doctors only. */
export function slotReads(pool: pg.Pool): Pick<Reads, 'slot' | 'slotStarts'> {
  return {
    async slot(slotId) {
      if (!isId(slotId)) return null
      const { rows } = await pool.query<SlotRow>(prepared('slot_by_id', slotById(slotId)))
      return rows[0] === undefined ? null : slotOf(rows[0])
    },

    async slotStarts(slotIds) {
      const [first] = slotIds
      if (first === undefined) return new Map()
      const { rows } = await pool.query<{ id: string; starts_at: Date }>(sql`
        select s.id, s.starts_at from holdfast.slot s
         where s.clinic_no = ${clinicNoOf(first)} and s.id = any(${slotIds}::uuid[])`)
      return new Map(rows.map(({ id, starts_at }) => [id, starts_at]))
    },
  }
}
