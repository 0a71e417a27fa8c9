-- request_link: asks the patient of a hold to confirm it by a link in an e-mail: the event `link_requested`, by which
-- the e-mail is planned. The hold gets the patient. The first request extends it to the clinic's confirm_minutes from
-- now, but not beyond the start of the slot, and never shortens it. Further requests send the link again, or to another
-- address, and do not extend the hold. An offer of the waitlist keeps its end, because others wait for the place.
-- Returns one row; tx: the transaction that changed the booking last.
--
-- p_patient, p_reason: null: as in the hold. p_actor_id: the account that acts; null: the bearer of the manage token.
-- p_judged_version: the same as in settle_bookings. p_access: as has_access.
--
-- Outcomes: done | unchanged (the request was repeated, a link for the same patient and reason was requested less than
--   a minute ago, or the booking is confirmed or requested) | booking_missing, booking_erased or hold_expired (as
--   begin_change) | invalid_transition | booking_changed (as in settle_bookings) |
--   patient_missing (the patient has no name) | answer_refused:… (answered_patient) | too_many_links (5 were requested)
-- Locks: the booking.
-- Fails: 22023 without a key, or for a patient without an e-mail address.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.request_link(
  p_clinic_no integer, p_id uuid, p_actor_id uuid, p_key uuid, p_patient jsonb, p_reason text,
  p_judged_version integer, p_access jsonb default null
) returns table (outcome text, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  c_requests_max constant integer := 5;
  c_pause constant interval := '1 minute';
  c_minutes_default constant integer := 15;
  v_booking booking;
  v_change record;
  v_now timestamptz;
  v_patient jsonb;
  v_answered record;
  v_requests integer;
  v_last timestamptz;
  v_hold_until timestamptz;
begin
  if p_key is null then
    raise exception 'a request for a link needs a key' using errcode = 'invalid_parameter_value';
  end if;
  v_change := begin_change(p_clinic_no, p_id, p_key, p_access);
  if v_change.refusal is not null then
    return query select case v_change.refusal when 'repeated' then 'unchanged' else v_change.refusal end, v_change.tx;
    return;
  end if;
  v_booking := v_change.booking;
  v_now := v_change.at;
  v_answered := answered_patient(
    p_clinic_no,
    (select s.visit_type_id from slot s where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id),
    p_patient, v_booking.patient, true, false, v_now);
  v_patient := coalesce(v_answered.patient, v_booking.patient);
  select count(*), max(e.at) into v_requests, v_last
    from booking_event e
   where e.clinic_no = p_clinic_no and e.booking_id = p_id and e.booking_id >= recent_ids()
     and e.type = 'link_requested';

  outcome := case
    when v_booking.status = 'CONFIRMED' or v_booking.requested_at is not null then 'unchanged'
    when v_booking.status <> 'PENDING' then 'invalid_transition'
    when v_booking.version <> p_judged_version then 'booking_changed'
    when v_patient->>'name' = '' then 'patient_missing'
    when v_answered.refusal is not null then v_answered.refusal
    when v_now < v_last + c_pause and v_patient = v_booking.patient
      and coalesce(p_reason, v_booking.reason, '') = coalesce(v_booking.reason, '') then 'unchanged'
    when v_requests >= c_requests_max then 'too_many_links'
    else 'done' end;
  if outcome <> 'done' then
    return query select request_link.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  elsif v_patient->>'email' is null then
    raise exception 'a link is sent to an e-mail address' using errcode = 'invalid_parameter_value';
  end if;

  select case when v_requests > 0 or v_booking.waitlist_entry_id is not null then v_booking.hold_expires_at
              else greatest(v_booking.hold_expires_at,
                            least(v_now + make_interval(mins => coalesce(m.confirm_minutes, c_minutes_default)),
                                  s.starts_at)) end
    into v_hold_until
    from slot s
    left join message_settings m on m.clinic_no = s.clinic_no
   where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;
  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array['PENDING'], array[null::text], array[v_hold_until],
                         null, null, array[v_patient], array[p_reason], null, null, null, array[v_now]) c;
  perform log_change(v_booking, 'link_requested', p_actor_id, p_key);
  return query select request_link.outcome, pg_current_xact_id();
end
$function$;
