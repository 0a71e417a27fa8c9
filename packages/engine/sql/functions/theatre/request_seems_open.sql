-- request_seems_open: whether a request of the waitlist has no case: none was made, or it has FAILED or was
-- CANCELLED, as the hold has lapsed. So a request is open again by itself, whatever ended its case.
--
-- For readers: a confirmation of the case may be in flight. A booking or withdrawal of the request decides by
-- lock_open_request.
-- Internal. Locks: none. Fails: never; false for a request that does not exist or was withdrawn. Idempotent: yes.
create or replace function holdfast.request_seems_open(p_clinic_no integer, p_id uuid, p_now timestamptz)
  returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_request case_request;
begin
  select * into v_request from case_request q where q.clinic_no = p_clinic_no and q.id = p_id;
  if v_request.id is null or v_request.withdrawn_at is not null then
    return false;
  end if;
  return v_request.case_id is null
    or not exists (select from bookings_by_id(array[p_clinic_no], array[v_request.case_id]) b
                    where b.status not in ('FAILED', 'CANCELLED')
                      and not hold_seems_lapsed(b.status, b.hold_expires_at, p_now));
end
$function$;
