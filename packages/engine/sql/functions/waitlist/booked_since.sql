-- booked_since: of entries that wait, the first appointment that the same person (is_same_person) has got since
-- joining, within the days of the entry, of the doctor or of a doctor with the specialization: the clinic need not call
-- them any more. No row: none. An appointment is CONFIRMED or ARRIVED, and began less than a week before p_at.
--
-- One that was booked before and moved since does not count: the person had it when joining. Of each doctor, the 1,000
-- earliest slots are read, as in place_elsewhere.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booked_since(p_clinic_no integer, p_entry_ids uuid[], p_at timestamptz)
  returns table (entry_id uuid, booking_id uuid, starts_at timestamptz)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_entries constant waitlist_entry[] := array(
    select e from waitlist_entry e
     where e.clinic_no = p_clinic_no and e.id = any (p_entry_ids) and e.ended_at is null);
  v_slot_ids uuid[];
begin
  v_slot_ids := array(
    select s.id
      from (select r.id, min(e.from_date) as first_day, max(e.to_date) as last_day
              from unnest(v_entries) e
              join resource r on r.clinic_no = e.clinic_no and r.kind = 'doctor'
                             and (r.id = e.resource_id or r.specialization = e.specialization)
             group by r.id) d
      join clinic c on c.no = p_clinic_no
     cross join lateral (
       select o.id, o.taken from slot o
        where o.clinic_no = p_clinic_no
          and (o.resource_id, o.starts_at) between
              (d.id, greatest(p_at - interval '7 days', d.first_day::timestamp at time zone c.timezone))
              and (d.id, (d.last_day + 1)::timestamp at time zone c.timezone - interval '1 microsecond')
        order by o.resource_id, o.starts_at limit 1000) s
     where s.taken > 0);
  return query
  select distinct on (e.id) e.id, b.id, s.starts_at
    from visits_of_slots(p_clinic_no, v_slot_ids,
                         array(select distinct fold_name(e.patient->>'name') from unnest(v_entries) e)) b
    join slot s on s.clinic_no = p_clinic_no and s.id = b.slot_id
    join resource r on r.clinic_no = p_clinic_no and r.id = b.resource_id
    join clinic c on c.no = p_clinic_no
    join unnest(v_entries) e on (e.resource_id = r.id or e.specialization = r.specialization)
                            and (s.starts_at at time zone c.timezone)::date between e.from_date and e.to_date
                            and b.created_at >= e.joined_at
                            and is_same_person(e.patient, e.account_id, b.patient, b.account_id)
   order by e.id, s.starts_at, b.id;
end
$function$;
