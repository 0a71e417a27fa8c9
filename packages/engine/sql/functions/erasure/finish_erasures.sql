-- finish_erasures: deletes once more the copies of the data of patients who were erased over 10 minutes ago: a request
-- that read a booking before its erasure may have stored its response after it. At most p_limit bookings, none of
-- moving_clinics; returns how many. Call it again while it returns p_limit.
--
-- Locks: the rows of erased_booking (those locked by another call are left to it); then what delete_copies_of_patients
--   locks.
-- Fails: 22023 for a limit outside of 1–10,000.
-- Idempotent: yes.
create or replace function holdfast.finish_erasures(p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  -- Longer than any request takes, or a server's clock may be off.
  v_before constant timestamptz := clock_timestamp() - interval '10 minutes';
  v_moving_nos constant integer[] := moving_clinics();
  v_ids uuid[];
begin
  if p_limit is null or p_limit not between 1 and 10000 then
    raise exception 'the limit must be 1 to 10000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  with finished as (
    delete from erased_booking
     where (clinic_no, booking_id) in (
       select clinic_no, booking_id from erased_booking where erased_at < v_before
          and clinic_no <> all (v_moving_nos)
        limit p_limit for update skip locked)
    returning booking_id
  )
  select array_agg(f.booking_id) into v_ids from finished f;
  if v_ids is null then
    return 0;
  end if;
  perform delete_copies_of_patients(v_ids);
  return cardinality(v_ids);
end
$function$;
