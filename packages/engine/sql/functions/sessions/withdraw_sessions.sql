-- withdraw_sessions: closes the part of a doctor's open sessions that is in [p_from, p_to): what is before and after it
-- becomes a session of its own, the latter from the first time of the grid on. Returns how many it closed
-- that are not over.
--
-- Internal: withdraw_slots calls it, under the lock of the doctor.
-- Locks: none further. Fails: never. Idempotent: yes; nothing is open there afterwards.
create or replace function holdfast.withdraw_sessions(
  p_clinic_no integer, p_resource_id uuid, p_from timestamptz, p_to timestamptz
) returns integer
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with withdrawn as (
    update open_session s set withdrawn_at = clock_timestamp()
     where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
       and s.starts_at > p_from - interval '25 hours' and s.starts_at < p_to and s.ends_at > p_from
    returning s.*
  ), rest as (
    insert into open_session (clinic_no, id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids, band, day)
    select w.clinic_no, new_id(w.clinic_no, clock_timestamp()), w.resource_id, r.starts_at, r.ends_at, w.grid_minutes,
           w.visit_type_ids, w.band, w.day
      from withdrawn w
     cross join lateral (
       select w.starts_at, p_from as ends_at
        union all
       select w.starts_at + ceil(extract(epoch from p_to - w.starts_at) / (w.grid_minutes * 60))
                            * make_interval(mins => w.grid_minutes), w.ends_at) r
     where r.starts_at < r.ends_at
  )
  select count(*)::integer from withdrawn w where w.ends_at > clock_timestamp()
$function$;
