-- taken_times: when a doctor's time is taken between p_from and p_to: by slots with the buffers of their visits, by
-- cases, also beyond their ends, and by busy times. A visit's slot takes nothing while it is empty, and so do holds
-- that have lapsed by p_now. p_without: a slot that is left out, because the one booking in it is to be moved.
--
-- Its plan is kept: in SQL, each claim would plan it, busy_times and closure_times anew, 8 of the 22 ms that a lone
-- claim of a time takes on a busy machine.
-- Internal. Locks: none; called under the lock of the doctor, its result is final, but for what becomes free.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.taken_times(
  p_clinic_no integer, p_resource_id uuid, p_from timestamptz, p_to timestamptz, p_now timestamptz,
  p_without uuid default null
) returns tstzmultirange
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return (
    select coalesce(range_agg(q.during), '{}')
      from (select tstzrange(s.starts_at - make_interval(mins => s.buffer_before_minutes),
                             s.ends_at + make_interval(mins => s.buffer_after_minutes)) as during
              from slot s
             where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
               and s.id is distinct from p_without
               -- A slot has 25 hours at most, and a buffer 4.
               and s.starts_at > p_from - interval '29 hours' and s.starts_at < p_to + interval '4 hours'
               and (s.session_id is null
                    or s.taken > case when s.next_lapse <= p_now
                                      then lapsed_units(s.clinic_no, s.id, s.next_lapse, p_now) else 0 end)
            union all
            select a.during from allocation a
             where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.during && tstzrange(p_from, p_to)
            union all
            select o.during from overrun_allocations(p_clinic_no, array[p_resource_id], p_now, false) o
            union all
            select unnest(busy_times(p_clinic_no, p_resource_id, p_from, p_to))) q);
end
$function$;
