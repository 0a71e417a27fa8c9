-- lock_open_request: locks a request of the waitlist, and returns whether it has no case then, by the rule of
-- request_seems_open. null: it got another case than p_case_id; the caller tries again.
--
-- p_case_id: the case that was made for it, as the caller has read it; null: none. A case that is confirmed just before
-- its hold ends is live, although others cannot see that yet: so the booking is judged under its lock.
-- Internal.
-- Locks: the booking of the case, which a caller that locks other bookings has locked with them; then the request.
-- Fails: never; false for a request that does not exist or was withdrawn. Idempotent: yes.
create or replace function holdfast.lock_open_request(
  p_clinic_no integer, p_id uuid, p_case_id uuid, p_now timestamptz
) returns boolean
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_bookings booking[] := '{}';
  v_request case_request;
begin
  if p_case_id is not null then
    v_bookings := lock_bookings(array[p_clinic_no], array[p_case_id]);
  end if;
  select * into v_request from case_request q where q.clinic_no = p_clinic_no and q.id = p_id for no key update;
  if v_request.id is null or v_request.withdrawn_at is not null then
    return false;
  elsif v_request.case_id is distinct from p_case_id then
    return null;
  end if;
  return not exists (select from unnest(v_bookings) b
                      where b.status not in ('FAILED', 'CANCELLED')
                        and not hold_lapsed(b.status, b.hold_expires_at, greatest(p_now, b.updated_at)));
end
$function$;
