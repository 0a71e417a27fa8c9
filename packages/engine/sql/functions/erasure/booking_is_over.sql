-- booking_is_over: whether nothing of a booking is to come or in progress at p_at: its status is final, its hold has
-- lapsed, or its slot has ended. A case is also in progress until its expected end: it may take longer than its block,
-- and in open time its slot ends with the day, by UTC.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_is_over(p_booking holdfast.booking, p_at timestamptz) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if p_booking.status in ('CANCELLED', 'FAILED', 'COMPLETED', 'NO_SHOW')
     or hold_lapsed(p_booking.status, p_booking.hold_expires_at, p_at) then
    return true;
  end if;
  return exists (select from slot s
                  where s.clinic_no = p_booking.clinic_no and s.id = p_booking.slot_id and s.ends_at <= p_at)
    and not (p_booking.appointment_type = 'case'
             and exists (select from theatre_case c
                          where c.clinic_no = p_booking.clinic_no and c.booking_id = p_booking.id
                            and c.expected_ends_at > p_at));
end
$function$;
