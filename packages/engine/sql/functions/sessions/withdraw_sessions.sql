-- withdraw_sessions: closes the part of a doctor's open sessions that is in [p_from, p_to) and has not passed: what is
-- before and after it becomes a separate session, the latter from the first time of the grid on. What has passed was
-- open, and stays so in the statistics. Returns how many sessions it closed.
--
-- Internal: withdraw_slots calls it, under the lock of the doctor.
-- Locks: none further. Fails: never. Idempotent: yes; nothing is open there afterwards.
create or replace function holdfast.withdraw_sessions(
  p_clinic_no integer, p_resource_id uuid, p_from timestamptz, p_to timestamptz
) returns integer
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with closed as materialized (
    select greatest(p_from, clock_timestamp()) as since
  ), withdrawn as (
    update open_session s set withdrawn_at = clock_timestamp()
      from closed c
     where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
       and s.starts_at > p_from - interval '25 hours' and s.starts_at < p_to and s.ends_at > c.since and p_to > c.since
    returning s.*, c.since
  ), rest as (
    insert into open_session (clinic_no, id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids, band, day)
    select w.clinic_no, new_id(w.clinic_no, clock_timestamp()), w.resource_id, r.starts_at, r.ends_at, w.grid_minutes,
           w.visit_type_ids, w.band, w.day
      from withdrawn w
     cross join lateral (
       select w.starts_at, w.since as ends_at
        union all
       select w.starts_at + ceil(extract(epoch from p_to - w.starts_at) / (w.grid_minutes * 60))
                            * make_interval(mins => w.grid_minutes), w.ends_at) r
     where r.starts_at < r.ends_at
  )
  select count(*)::integer from withdrawn
$function$;
