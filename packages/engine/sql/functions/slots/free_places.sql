-- free_places: slots with free places that patients can book, of a doctor, or of the doctors of a specialization, so
-- that the entries of a waitlist are judged by one reading (first_waiting). At most 1,000: of more, those with the
-- lowest hashes of their ids, which are of all days and times. Slots that begin so soon that they would not be offered
-- are left out.
--
-- The 30,000 earliest slots are read, of each doctor as many as of the others, and at most 10,000 of one: 1,000 take
-- about a millisecond. Later ones count as full.
--
-- p_visit_type_id: times of visits of this type instead (times_of_clinic), each as a slot without id that has as many
-- places as can be booked there. Times that overlap with slots of p_freed_ids are left out. The 5,000 earliest starts
-- of a year are looked at: later ones count as full. p_by_desk: those that the clinic's people can book.
--
-- p_resource_id: the doctor; null: those of p_specialization. p_freed_ids: slots that are left out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.free_places(
  p_clinic_no integer, p_resource_id uuid, p_specialization text, p_freed_ids uuid[], p_at timestamptz,
  p_visit_type_id uuid default null, p_by_desk boolean default false
) returns holdfast.slot[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
declare
  c_slots_max constant integer := 30000;
  c_free_max constant integer := 1000;
  c_starts_max constant integer := 5000;
  -- The order is that of the index of a clinic's resources: another one has the doctors of all clinics.
  v_doctor_ids constant uuid[] := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'doctor' and r.active
       and (r.id = p_resource_id or p_resource_id is null and r.specialization = p_specialization)
     order by r.name, r.id);
  v_each constant integer := least(c_slots_max / greatest(cardinality(v_doctor_ids), 1), 10000);
begin
  if p_visit_type_id is not null then
    return array(
      select (p_clinic_no, null, d.id, t.starts_at, t.ends_at, t.available, 0, null, null, p_at, null, null, null, null,
              null, 0, 0, null)::slot
        from clinic c
       cross join unnest(v_doctor_ids) d(id)
       cross join lateral visit_of_doctor(c.no, p_visit_type_id, d.id) v
       cross join lateral times_of_clinic(
               c.no, d.id, p_visit_type_id,
               p_at + case when p_by_desk then interval '0' else make_interval(mins => c.waitlist_notice_minutes) end,
               p_at + least(case when not p_by_desk then v.booking_horizon end, interval '1 year'), null,
               p_by_desk, null, c_starts_max, c_starts_max / greatest(cardinality(v_doctor_ids), 1), null) t
       where c.no = p_clinic_no and t.starts_at is not null
         and not exists (select from slot f
                          where f.clinic_no = c.no and f.id = any (p_freed_ids)
                            and time_of_slot(f) && time_of_visit(v, t.starts_at))
       order by hashtext(t.starts_at || ' ' || d.id) limit c_free_max);
  end if;
  -- Compared and ordered by the columns of one index, which is then chosen without statistics, too: by that of all
  -- slots of the clinic, this took 30 times as long for 30 doctors.
  return array(
    select f
      from clinic c
     cross join lateral (
       select p_at + make_interval(mins => greatest(c.waitlist_notice_minutes, c.minimum_notice_minutes)) as first,
              p_at + make_interval(days => c.booking_horizon_days) as last) t
     cross join unnest(v_doctor_ids) d(id)
     cross join lateral (
       select s.* from slot s
        where s.clinic_no = c.no and (s.resource_id, s.starts_at) between (d.id, t.first) and (d.id, t.last)
        order by s.resource_id, s.starts_at limit v_each) f
     where c.no = p_clinic_no and f.taken < f.capacity and f.withdrawn_at is null and f.blocked_at is null
       and f.session_id is null
       and f.id <> all (p_freed_ids)
     order by uuid_hash(f.id) limit c_free_max);
end
$function$;
