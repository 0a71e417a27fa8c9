import sql from 'sql-template-tag'
import type { CaseLack } from '../model/theatre-case.ts'
import { isLapsedHold, isOfSurgeon, isOver, neededEnd } from './case-conditions.ts'

/** A row of `lacks`: its times are texts. */
export type FoundLack = Omit<CaseLack, 'from' | 'to'> & { from: string; to: string }

/**
 * What a case `t` takes less of than its plan, although no end of it is recorded, and which case has that first. Its
 * allocations name all that the plan needs (verify_allocations), each from the planned start on (fit_allocations), or
 * from when somebody came. A person who was relieved is not needed any more. The plan has the room's turnover; it has
 * no reprocessing of equipment, which may have been made longer since.
 *
 * A numbered unit that is no longer there is not free again: the case has to be moved, and gets another one.
 */
export const lacks = (surgeonId: string | null | undefined) => sql`
  (select coalesce(
            jsonb_agg(jsonb_build_object(
              'kind', a.kind, 'resourceId', a.resource_id, 'unit', a.unit_no, 'from', lower(w.during),
              'to', upper(w.during), 'isFree', not w.is_gone and coalesce(f.starts_at > lower(w.during), true),
              'caseId', case when ${isOfSurgeon(sql`f.surgeon_id`, surgeonId)} then f.case_id end,
              'slotId', f.slot_id)
            order by a.kind, a.resource_id, a.unit_no), '[]')
     from holdfast.allocation a
     join holdfast.resource r on r.clinic_no = a.clinic_no and r.id = a.resource_id
    cross join lateral (
      select case when m.starts_at < m.ends_at then tstzrange(m.starts_at, m.ends_at) else 'empty' end as during,
             a.kind = 'equipment' and a.unit_no > r.units as is_gone
        from (select coalesce(upper(a.during), a.planned_at) as starts_at,
                     ${neededEnd(sql`t`)}
                       + make_interval(mins => case a.kind when 'room' then t.turnover_minutes else 0 end)
                       as ends_at) m) w
     left join lateral (
       select n.booking_id as case_id, o.surgeon_id, null::uuid as slot_id, lower(n.during) as starts_at
         from holdfast.allocation n
         join holdfast.theatre_case o on o.clinic_no = n.clinic_no and o.booking_id = n.booking_id
        where n.clinic_no = a.clinic_no and n.resource_id = a.resource_id and n.booking_id <> a.booking_id
          and (n.unit_no = a.unit_no or w.is_gone) and n.during && w.during
          and not ${isLapsedHold(sql`o`)}
       union all
       select null, null, s.id, lower(holdfast.time_of_slot(s))
         from holdfast.slot s
        where r.kind = 'doctor' and s.clinic_no = a.clinic_no and s.resource_id = a.resource_id
          and holdfast.takes_time(s) and tstzrange(s.starts_at, s.ends_at) && holdfast.with_buffers(w.during)
          and holdfast.time_of_slot(s) && w.during
        order by starts_at
        limit 1) f on true
    where a.clinic_no = t.clinic_no and a.booking_id = t.booking_id and not isempty(w.during)
      and not holdfast.has_left(a.kind, a.resource_id, t) and not ${isOver(sql`t`)})`
