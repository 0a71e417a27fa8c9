-- withdraw_case_request: takes a request off the waitlist. Returns whether it did, or had done so before; false for
-- a request that does not exist or has a case.
--
-- Locks: the booking of its last case; then the request. Fails: never. Idempotent: yes.
create or replace function holdfast.withdraw_case_request(p_clinic_no integer, p_id uuid) returns boolean
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_case_id constant uuid := (select q.case_id from case_request q where q.clinic_no = p_clinic_no and q.id = p_id);
begin
  if lock_open_request(p_clinic_no, p_id, v_case_id, clock_timestamp()) is not true then
    return exists (select from case_request q
                    where q.clinic_no = p_clinic_no and q.id = p_id and q.withdrawn_at is not null);
  end if;
  -- The same as in save_case_request.
  with withdrawn as (
    update case_request q set withdrawn_at = clock_timestamp() where q.clinic_no = p_clinic_no and q.id = p_id
    returning q.patient_id
  )
  insert into directory_change (clinic_no, resource_id) select p_clinic_no, w.patient_id from withdrawn w;
  return true;
end
$function$;
