-- is_notified: whether a message about an offer of the waitlist was sent, or may have arrived. Not one that bounced,
-- nor one that is only stored (state `kept`).
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_notified(p_clinic_no integer, p_booking_id uuid) returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select exists (
    select from message m
     where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id and m.kind = 'offered'
       and (m.state = 'sent' or m.may_have_arrived and coalesce(m.failure, 'unknown') = 'unknown'))
$function$;
