-- booked_since: of entries that wait, the first appointment that the same person has got since joining, within the
-- days, weekdays and times of the entry and with its units at least, of the doctor or of a doctor with the
-- specialization (later_visits, whose limits apply): the clinic need not call them any more. No row: none. It began
-- less than a week before p_at.
--
-- One that was booked before and moved since does not count: the person had it when joining.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booked_since(p_clinic_no integer, p_entry_ids uuid[], p_at timestamptz)
  returns table (entry_id uuid, booking_id uuid, starts_at timestamptz)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with entry as materialized (
    select e.id, e.resource_id, e.specialization, e.from_date, e.to_date, e.weekdays, e.time_from,
           e.time_to, e.units, e.joined_at, e.patient, e.account_id
      from waitlist_entry e
     where e.clinic_no = p_clinic_no and e.id = any (p_entry_ids) and e.ended_at is null
  ), people as (
    select array_agg(e.id) as ids, array_agg(e.joined_at) as since, array_agg(e.resource_id) as doctor_ids,
           array_agg(e.specialization) as specializations, array_agg(e.patient) as patients,
           array_agg(e.account_id) as account_ids
      from entry e
  )
  select distinct on (e.id) e.id, v.visit_id, v.starts_at
    from people p
   cross join lateral later_visits(p_clinic_no, p.ids, p.since, p.doctor_ids, p.specializations, p.patients,
                                   p.account_ids, null) v
    join entry e on e.id = v.id
    join clinic c on c.no = p_clinic_no
   cross join lateral (select v.starts_at at time zone c.timezone as local) l
   where v.starts_at >= p_at - interval '7 days' and v.units >= e.units
     and l.local::date between e.from_date and e.to_date
     and (e.weekdays is null or date_part('isodow', l.local)::integer = any (e.weekdays))
     and (e.time_from is null or l.local::time >= e.time_from)
     and (e.time_to is null or l.local::time < e.time_to)
   order by e.id, v.starts_at, v.visit_id
$function$;
