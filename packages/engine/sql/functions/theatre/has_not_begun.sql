-- has_not_begun: whether a case is held, or confirmed and its patient is not in the room yet: no milestone is recorded
-- but `arrived`. Such a case can be moved, swapped, bumped and cancelled. This is the only definition of the rule.
--
-- Internal. A function, not a subquery, because callers need it for few of their bookings.
-- Locks: none; callers have locked the booking, and with it its milestones. Fails: never. Idempotent: yes.
create or replace function holdfast.has_not_begun(p_clinic_no integer, p_booking_id uuid, p_status text)
  returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return p_status in ('PENDING', 'CONFIRMED')
    or p_status = 'ARRIVED'
       and not exists (select from case_milestone m
                        where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id and m.milestone <> 'arrived');
end
$function$;
