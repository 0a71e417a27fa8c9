-- correct_patient: corrects what a booking says of its patient: the name, the contacts and the reason for the
-- visit. Its status and its units stay. Returns one row; tx: the transaction that changed the booking last.
--
-- p_changes: the fields of the patient that change; null as a value removes one. p_reason: null: unchanged; '':
-- removed. p_actor_id: the account that acts, at the clinic's desk.
--
-- The event is `contact_corrected`, by which the confirmation, or of a request that it was made, is sent again, if
-- messages about the booking go to another address from now on: its e-mail address is another one, or its telephone
-- number is (fold_phone), and an SMS was planned, or there was no number and the clinic sends SMS.
-- What was sent to the address before has the link of the ticket: the manage token is renewed, and so that link is
-- void. An account that has added the booking by that link may be a stranger's: it loses the booking, unless it is
-- p_account_of_email, whose own address p_email is, and that is the address of the booking from now on. An account that
-- has booked by itself keeps the booking. Any other correction is `corrected`: nothing is sent.
-- The entry of the waitlist that the booking was offered to has the same patient, and is corrected with it. The offer
-- was sent with the link of the entry, which shows that patient: it is void as well.
--
-- Another person's booking (is_other_person) has no answers or consents: those that it had are the former person's.
--
-- p_access: as has_access.
-- p_known_by: how the patient is known whose appointments at the same time refuse the correction, as sought_keys; null:
-- none do. They are looked for if the visit is not over, and the name, the contacts or both become another person's.
-- Appointments that were of the same person before the correction do not refuse it: they were accepted.
--
-- Outcomes: done | unchanged (the booking says so already) | as begin_change |
--   invalid_transition (a hold that is no request: its confirmation names the patient) |
--   patient_booked:<the other booking's id> |
--   retry (with p_known_by, send it again: another session changed the booking meanwhile)
-- Locks: as lock_patients, with p_known_by; then the booking; then its entry of the waitlist; then the rows of their
--   manage tokens, as renew_manage_token.
-- Fails: 22023 without a key.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.correct_patient(
  p_clinic_no integer, p_id uuid, p_actor_id uuid, p_key uuid, p_changes jsonb, p_reason text,
  p_email text, p_account_of_email uuid, p_known_by text,
  p_access jsonb default null
) returns table (outcome text, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_booking booking;
  v_change record;
  v_now timestamptz;
  v_patient jsonb;
  v_contact record;
  v_account_ids uuid[];
  -- the booking as it was when other appointments were looked for
  v_judged booking;
  v_refusal text;
begin
  if p_key is null then
    raise exception 'a correction needs a key' using errcode = 'invalid_parameter_value';
  end if;
  if p_known_by is not null then
    select b.* into v_judged from bookings_by_id(array[p_clinic_no], array[p_id]) b;
    v_patient := jsonb_strip_nulls(v_judged.patient || p_changes);
    v_contact := corrected_contact(v_judged, v_patient, p_email, p_account_of_email);
    if (v_judged.status in ('CONFIRMED', 'ARRIVED')
        or v_judged.status = 'PENDING' and v_judged.requested_at is not null)
       and (fold_name(v_patient->>'name') is distinct from fold_name(v_judged.patient->>'name')
            or identity_keys(v_patient, v_contact.account_id)
                 is distinct from identity_keys(v_judged.patient, v_judged.account_id))
       and exists (select from slot s
                    where s.clinic_no = p_clinic_no and s.id = v_judged.slot_id and s.ends_at > clock_timestamp()) then
      v_refusal := (visits_at_once(array[p_clinic_no], array[v_judged.slot_id], array[p_known_by], array[v_patient],
                                   array[v_contact.account_id], array[p_id], null, array[v_judged]))[1];
    end if;
  end if;
  v_change := begin_change(p_clinic_no, p_id, p_key, p_access);
  if v_change.refusal is not null then
    return query select v_change.refusal, v_change.tx;
    return;
  end if;
  v_booking := v_change.booking;
  v_now := v_change.at;
  v_patient := jsonb_strip_nulls(v_booking.patient || p_changes);
  if is_other_person(v_booking.patient, v_patient) then
    v_patient := v_patient - 'answers';
  end if;

  v_contact := corrected_contact(v_booking, v_patient, p_email, p_account_of_email);

  outcome := case
    when v_booking.status = 'PENDING' and v_booking.requested_at is null then 'invalid_transition'
    when v_patient = v_booking.patient
      and coalesce(p_reason, v_booking.reason, '') = coalesce(v_booking.reason, '') then 'unchanged'
    when p_known_by is not null and v_judged is distinct from v_booking then 'retry'
    else coalesce(v_refusal, 'done') end;
  if outcome <> 'done' then
    return query select correct_patient.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  end if;

  update waitlist_entry e set patient = jsonb_strip_nulls(e.patient || p_changes)
   where e.clinic_no = p_clinic_no and e.id = v_booking.waitlist_entry_id and e.erased_at is null;
  if v_contact.is_link_void then
    if v_booking.account_id is distinct from v_contact.account_id then
      v_account_ids := array['00000000-0000-0000-0000-000000000000'::uuid];
    end if;
    insert into manage_token (clinic_no, booking_id, epoch, renewal_key)
    select p_clinic_no, v.id, 1, gen_random_uuid()
      from unnest(array[p_id, v_booking.waitlist_entry_id]) with ordinality v(id, n)
     where v.id is not null
     order by v.n
    on conflict (clinic_no, booking_id) do update
      set epoch = manage_token.epoch + 1, renewal_key = excluded.renewal_key, renewed_at = clock_timestamp();
  end if;
  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array[v_booking.status], array[v_booking.failure_reason],
                         array[v_booking.hold_expires_at], v_account_ids, null, array[v_patient], array[p_reason],
                         null, null, null, array[v_now]) c;
  perform log_change(v_booking,
                     case when v_contact.is_other_email or v_contact.is_other_phone then 'contact_corrected'
                          else 'corrected' end,
                     p_actor_id, p_key, v_booking.status);
  return query select correct_patient.outcome, pg_current_xact_id();
end
$function$;
