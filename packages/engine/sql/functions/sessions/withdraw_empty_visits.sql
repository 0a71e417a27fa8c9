-- withdraw_empty_visits: ends the empty slots of a doctor's visits that overlap p_times with their buffers, because
-- their time is needed. null: no time is.
--
-- Internal: called under the lock of the doctor, without which none of them is booked.
-- Locks: these slots, by (clinic_no, id). Fails: never. Idempotent: yes.
create or replace function holdfast.withdraw_empty_visits(
  p_clinic_no integer, p_resource_id uuid, p_times tstzmultirange, p_at timestamptz
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_ids uuid[];
begin
  v_ids := array(
    select s.id from slot s
     where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.session_id is not null
       and s.withdrawn_at is null and s.taken = 0
       and s.starts_at between lower(p_times) - interval '29 hours' and upper(p_times) + interval '4 hours'
       and p_times && time_of_slot(s)
     order by s.clinic_no, s.id
       for update);
  if v_ids <> '{}' then
    update slot s
       set withdrawn_at = p_at, next_lapse = null,
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, p_at, s.blocked_at,
                                visit_of_slot(s))
     where s.clinic_no = p_clinic_no and s.id = any (v_ids) and s.taken = 0;
  end if;
end
$function$;
