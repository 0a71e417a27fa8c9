-- booked_since: of entries that wait, the first appointment that the same person (is_same_person) has got since
-- joining, within the days of the entry, of the doctor or of a doctor with the specialization: the clinic need not call
-- them any more. No row: none. An appointment is CONFIRMED, ARRIVED or COMPLETED, and began less than a week before
-- p_at.
--
-- One that was booked before and moved since does not count: the person had it when joining. It reads newest_visits,
-- whose limits apply.
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
  v_from constant uuid := (select ids_from(min(e.joined_at)) from unnest(v_entries) e);
  v_doctors uuid[];
begin
  if v_from is null then
    return;
  end if;
  v_doctors := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'doctor'
       and exists (select from unnest(v_entries) e where e.resource_id = r.id or e.specialization = r.specialization));
  return query
  with entry as materialized (
    select e.id, e.resource_id, e.specialization, e.from_date, e.to_date, e.joined_at, e.patient, e.account_id,
           fold_name(e.patient->>'name') as name
      from unnest(v_entries) e
  ), same as materialized (
    select e.id, e.resource_id, e.specialization, e.from_date, e.to_date, b.id as visit_id, b.slot_id,
           b.resource_id as visit_resource_id
      from newest_visits(p_clinic_no, v_from, v_doctors) b
      join entry e on e.name = b.name
     where b.created_at >= e.joined_at and is_same_person(e.patient, e.account_id, b.patient, b.account_id)
  )
  select distinct on (e.id) e.id, e.visit_id, s.starts_at
    from same e
    join clinic c on c.no = p_clinic_no
   cross join lateral (select t.starts_at from slot t
                        where t.clinic_no = p_clinic_no and t.id = e.slot_id limit 1) s
   cross join lateral (select t.specialization from resource t
                        where t.clinic_no = p_clinic_no and t.id = e.visit_resource_id limit 1) r
   where (e.resource_id = e.visit_resource_id or e.specialization = r.specialization)
     and s.starts_at >= p_at - interval '7 days'
     and (s.starts_at at time zone c.timezone)::date between e.from_date and e.to_date
   order by e.id, s.starts_at, e.visit_id;
end
$function$;
