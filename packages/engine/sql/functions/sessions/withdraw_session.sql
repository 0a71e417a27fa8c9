-- withdraw_session: closes an open session of a doctor. Visits that were booked in it stay. No row: the doctor has no
-- such session.
--
-- Locks: the doctor, as claim_times: a visit is booked before, or refused. Fails: never.
-- Idempotent: yes; a session that was withdrawn before stays so.
create or replace function holdfast.withdraw_session(p_clinic_no integer, p_session_id uuid, p_resource_id uuid)
  returns table (resource_id uuid, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  if not exists (select from open_session s
                  where s.clinic_no = p_clinic_no and s.id = p_session_id and s.resource_id = p_resource_id) then
    return;
  end if;
  perform lock_resources(p_clinic_no, array[p_resource_id]);
  update open_session s set withdrawn_at = clock_timestamp()
   where s.clinic_no = p_clinic_no and s.id = p_session_id and s.withdrawn_at is null;
  return query select p_resource_id, pg_current_xact_id();
end
$function$;
