-- facts_of_moves: where some bookings of a clinic are, and what is at the times that are wanted for them, for a preview
-- and an order of their moves: slot_for_move and move_bookings judge again. A row for each booking that exists.
--
-- p_ids, p_resource_ids, p_starts: each booking, with the doctor and the start that are wanted for it.
-- units: that it takes now; none once it is over. resource_id, during, slot_id: where. wanted_during: the time wanted,
-- with the buffers of a visit; null: there is no such visit, or no such slot. wanted_slot_id: the slot there that it
-- could share: of its group, or the fixed one. units_free: how many units this slot, or a new one, has for the
-- bookings of p_ids. is_taken: others take the time wanted, but for that slot. Lapsed holds take
-- nothing.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.facts_of_moves(
  p_clinic_no integer, p_ids uuid[], p_resource_ids uuid[], p_starts timestamptz[]
) returns table (
  id uuid, units integer, resource_id uuid, during tstzrange, slot_id uuid, wanted_during tstzrange,
  wanted_slot_id uuid, units_free integer, is_taken boolean
)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
  with moved as materialized (
    select b.id, b.units, s as slot, i.resource_id, i.starts_at,
           b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')
             or b.status = 'PENDING' and not hold_seems_lapsed(b.status, b.hold_expires_at, statement_timestamp())
             as is_live
      from unnest(p_ids, p_resource_ids, p_starts) i(id, resource_id, starts_at)
      join bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids) b on b.id = i.id
      join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
  ), leaving as materialized (
    select (m.slot).id as slot_id, sum(m.units)::integer as units from moved m where m.is_live group by 1
  ), wanted as (
    select m.*, coalesce(v.capacity, (t.slot).capacity) as capacity,
           coalesce(v.during, time_of_slot(t.slot)) as wanted_during,
           case when v.capacity > 1 or v.capacity is null then (t.slot).id end as wanted_slot_id
      from moved m
      left join lateral (select o.capacity, time_of_visit(o, m.starts_at) as during
                           from visit_of_doctor(p_clinic_no, (m.slot).visit_type_id, m.resource_id) o
                          where (m.slot).session_id is not null) v on true
      left join lateral (select t as slot from slot t
                          where t.clinic_no = p_clinic_no and t.resource_id = m.resource_id
                            and t.starts_at = m.starts_at and takes_time(t)
                            and case when (m.slot).session_id is null then t.session_id is null
                                     else t.visit_type_id = (m.slot).visit_type_id end
                          limit 1) t on true
  ), near as materialized (
    -- What takes time near the wanted times. A slot has 25 hours at most, and a buffer 4.
    select distinct on (s.id) s.id, s.resource_id, time_of_slot(s) as during, s.session_id is null as is_fixed,
           s.taken - coalesce(l.units, 0)
             - case when s.next_lapse <= statement_timestamp()
                    then lapsed_units(s.clinic_no, s.id, s.next_lapse, statement_timestamp()) else 0 end as others
      from wanted w
      join slot s on s.clinic_no = p_clinic_no and s.resource_id = w.resource_id and takes_time(s)
                 and s.starts_at > lower(w.wanted_during) - interval '29 hours'
                 and s.starts_at < upper(w.wanted_during) + interval '4 hours'
                 and time_of_slot(s) && w.wanted_during
      left join leaving l on l.slot_id = s.id
  )
  select w.id, case when w.is_live then w.units else 0 end, (w.slot).resource_id, time_of_slot(w.slot), (w.slot).id,
         w.wanted_during, w.wanted_slot_id,
         w.capacity - coalesce((select n.others from near n where n.id = w.wanted_slot_id), 0),
         (w.slot).session_id is not null
         and (exists (select from near n
                       where n.resource_id = w.resource_id and n.during && w.wanted_during
                         and n.id is distinct from w.wanted_slot_id and (n.is_fixed or n.others > 0))
              or exists (select from allocation a
                          where a.clinic_no = p_clinic_no and a.resource_id = w.resource_id
                            and a.during && w.wanted_during))
    from wanted w
$function$;
