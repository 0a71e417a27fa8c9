-- withdraw_session: closes an open session. Visits that were booked in it stay. Returns whether it exists, and its
-- doctor.
--
-- Locks: the doctor, as claim_times: a visit is booked before, or refused. Fails: never.
-- Idempotent: yes; a session that was withdrawn before stays so.
create or replace function holdfast.withdraw_session(p_clinic_no integer, p_session_id uuid)
  returns table (resource_id uuid, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_resource_id uuid;
begin
  select s.resource_id into v_resource_id from open_session s where s.clinic_no = p_clinic_no and s.id = p_session_id;
  if not found then
    return;
  end if;
  perform lock_resources(p_clinic_no, array[v_resource_id]);
  update open_session s set withdrawn_at = clock_timestamp()
   where s.clinic_no = p_clinic_no and s.id = p_session_id and s.withdrawn_at is null;
  return query select v_resource_id, pg_current_xact_id();
end
$function$;
