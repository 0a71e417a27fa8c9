-- withdraw_case_request: takes a request off the waiting list. Returns whether it did, or had done so before; false for
-- a request that does not exist or has a case.
--
-- Locks: the request. Fails: never. Idempotent: yes.
create or replace function holdfast.withdraw_case_request(p_clinic_no integer, p_id uuid) returns boolean
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_request case_request;
begin
  select * into v_request from case_request q where q.clinic_no = p_clinic_no and q.id = p_id for no key update;
  if v_request.withdrawn_at is not null then
    return true;
  elsif not request_is_open(p_clinic_no, p_id, clock_timestamp()) then
    return false;
  end if;
  update case_request q set withdrawn_at = clock_timestamp() where q.clinic_no = p_clinic_no and q.id = p_id;
  -- As in save_case_request.
  insert into directory_change (clinic_no, resource_id) values (p_clinic_no, v_request.patient_id);
  return true;
end
$function$;
