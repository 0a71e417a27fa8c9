-- is_repeated: whether the log of a booking has a change that was made under this key in the last 24 hours. Then the
-- request is a repetition: its first response was lost, or it was sent twice at once. false without a key. The first
-- event has the key of the claim, which is no change. This rule is only here. The result is final if the caller has
-- locked the booking.
--
-- Internal. A function, not a subquery, because callers need it for few of their bookings.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_repeated(p_clinic_no integer, p_booking_id uuid, p_key uuid, p_now timestamptz)
  returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if p_key is null then
    return false;
  elsif p_booking_id < late_ids(p_now) then
    return exists (select from events_of_old_booking(p_clinic_no, p_booking_id) e
                    where e.version > 1 and e.request_key = p_key and e.at > p_now - interval '24 hours');
  end if;
  -- In order of version, so that the primary key is used: a plan that was made when the log was empty used the index on
  -- clinic_no and xid, and read the log of the clinic.
  return exists (
    select from (select e.request_key, e.at from booking_event e
                  where e.clinic_no = p_clinic_no and e.booking_id = p_booking_id and e.booking_id >= recent_ids()
                    and e.version > 1
                  order by e.version desc offset 0) e
     where e.request_key = p_key and e.at > p_now - interval '24 hours');
end
$function$;
