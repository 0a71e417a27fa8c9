-- corrected_contact: what follows for a booking from a corrected patient: whether the e-mail address or the telephone
-- number is another one for messages, whether the links that were sent are void, and whose account has the booking then
-- (see correct_patient).
--
-- p_email, p_account_of_email: as of correct_patient.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.corrected_contact(
  p_booking holdfast.booking, p_patient jsonb, p_email text, p_account_of_email uuid,
  out is_other_email boolean, out is_other_phone boolean, out is_link_void boolean, out account_id uuid
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  is_other_email := lower(p_patient->>'email') is distinct from lower(p_booking.patient->>'email');
  is_other_phone :=
    regexp_replace(p_patient->>'phone', '\D', '', 'g')
      is distinct from regexp_replace(p_booking.patient->>'phone', '\D', '', 'g')
    -- Two codes of countries are two numbers, although the rest is the same.
    and (fold_phone(p_patient->>'phone') is distinct from fold_phone(p_booking.patient->>'phone')
         or p_patient->>'phone' ~ '^\s*(\+|00)' and p_booking.patient->>'phone' ~ '^\s*(\+|00)')
    and case when p_booking.patient ? 'phone'
             then exists (select from message m
                           where m.clinic_no = p_booking.clinic_no and m.booking_id = p_booking.id
                             and m.channel = 'sms')
             else exists (select from message_settings m
                           where m.clinic_no = p_booking.clinic_no and cardinality(m.sms_kinds) > 0) end;
  is_link_void := is_other_email and p_booking.patient ? 'email' or is_other_phone and p_booking.patient ? 'phone';
  account_id := p_booking.account_id;
  if is_link_void and account_id is not null
     and (account_id = p_account_of_email and lower(p_patient->>'email') = lower(p_email)) is not true
     and exists (select from events_of_old_booking(p_booking.clinic_no, p_booking.id) e where e.type = 'linked') then
    account_id := null;
  end if;
end
$function$;
