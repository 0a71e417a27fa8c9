-- lock_case: locks a case and everything that fit_allocations needs, and gives back the lapsed holds that are in its
-- way.
--
-- booking: as it is under the lock; null: there is no such case. is_moved: it was moved before it was locked; nothing
-- may be written then, and the caller tries again. p_until: until when the case may need its resources, without
-- turnover and reprocessing. p_joining_ids: further resources that it is to take. at: when it was locked.
-- Internal.
-- Locks: the resources that it takes or is to take, by (clinic_no, id); then its slot and those of the lapsed holds,
--   in the same order; then its booking and these holds, by id.
-- Fails: 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.lock_case(
  p_clinic_no integer, p_booking_id uuid, p_until timestamptz, p_joining_ids uuid[] default '{}',
  out booking holdfast.booking, out is_moved boolean, out at timestamptz
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
declare
  -- A case is prolonged by a day at most, and a room or piece of equipment is taken up to two days after it.
  c_longer_max constant interval := '3 days';
  v_now timestamptz;
  v_resource_ids uuid[]; v_lapsed_ids uuid[]; v_slot_ids uuid[]; v_lapsed_slot_ids uuid[];
  v_lapsed_ats timestamptz[];
  v_next_lapse timestamptz;
  v_bookings booking[];
begin
  v_resource_ids := array(select distinct a.resource_id from allocation a
                           where a.clinic_no = p_clinic_no and a.booking_id = p_booking_id
                          union
                          select unnest(p_joining_ids));
  perform lock_resources(p_clinic_no, v_resource_ids);
  v_now := clock_timestamp();
  v_lapsed_ids := lapsed_cases(p_clinic_no, array(
    select distinct n.booking_id
      from theatre_case c
     cross join unnest(v_resource_ids) r(id)
      join allocation n on n.clinic_no = c.clinic_no and n.resource_id = r.id and n.booking_id <> c.booking_id
                       and n.during && tstzrange(c.starts_at,
                                                 greatest(p_until, c.expected_ends_at) + c_longer_max)
     where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id), v_now);
  v_slot_ids := array(
    select b.slot_id
      from bookings_by_id(array_fill(p_clinic_no, array[1 + cardinality(v_lapsed_ids)]), p_booking_id || v_lapsed_ids) b
     where b.appointment_type = 'case');
  select coalesce(array_agg(q.id), '{}'), coalesce(array_agg(q.id) filter (where q.next_lapse <= v_now), '{}'),
         min(q.next_lapse) filter (where q.next_lapse <= v_now)
    into v_slot_ids, v_lapsed_slot_ids, v_next_lapse
    from (select s.id, s.next_lapse from slot s
           where s.clinic_no = p_clinic_no and s.id = any (v_slot_ids)
           order by s.clinic_no, s.id for update) q;
  v_lapsed_ids := '{}';
  if v_lapsed_slot_ids <> '{}' then
    select coalesce(l.ids, '{}') into v_lapsed_ids
      from lapsed_holds(array_fill(p_clinic_no, array[cardinality(v_lapsed_slot_ids)]), v_lapsed_slot_ids,
                        oldest_hold_id(v_next_lapse), v_now) l;
  end if;
  v_bookings := lock_bookings(array_fill(p_clinic_no, array[1 + cardinality(v_lapsed_ids)]),
                              p_booking_id || v_lapsed_ids);
  at := clock_timestamp();
  select * into booking from unnest(v_bookings) b where b.id = p_booking_id and b.appointment_type = 'case';
  if v_lapsed_slot_ids <> '{}' then
    -- The bookings are read under the lock: a hold confirmed in time stays confirmed.
    select coalesce(array_agg(b.id), '{}'), array_agg(greatest(at, b.updated_at)) into v_lapsed_ids, v_lapsed_ats
      from unnest(v_bookings) b
     where b.id = any (v_lapsed_ids) and b.id <> p_booking_id and hold_lapsed(b.status, b.hold_expires_at, v_now);
    perform fail_holds(array_fill(p_clinic_no, array[cardinality(v_lapsed_ids)]), v_lapsed_ids, v_lapsed_ats,
                       array_fill(p_clinic_no, array[cardinality(v_lapsed_slot_ids)]), v_lapsed_slot_ids,
                       oldest_hold_id(v_next_lapse));
  end if;
  is_moved := (booking).id is not null
    and ((booking).slot_id <> all (v_slot_ids)
         or exists (select from allocation a where a.clinic_no = p_clinic_no and a.booking_id = p_booking_id
                       and a.resource_id <> all (v_resource_ids)));
end
$function$;
