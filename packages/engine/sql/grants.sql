-- What the server's role may do: this file is the engine's public interface. Applied at every migration, in the same
-- transaction as the functions; anything not granted here is not allowed.
--
-- Booking state (slot, booking, booking_event, allocation, idempotency, and the tables of the theatre) can be read, and
-- is changed by the functions alone, which run as the owner. Partitions have no grants: they are read through their
-- parents.

revoke all on schema holdfast from public, holdfast_app;
revoke all on all tables in schema holdfast from public, holdfast_app;
revoke all on all sequences in schema holdfast from public, holdfast_app;
revoke all on all routines in schema holdfast from public, holdfast_app;

grant usage on schema holdfast to holdfast_app;

-- Read only: booking state, and the ledger, which /readyz reads.
grant select on holdfast.slot, holdfast.booking, holdfast.booking_event, holdfast.allocation, holdfast.idempotency,
  holdfast.open_session, holdfast.band_day,
  holdfast.manage_token, holdfast.booking_origin, holdfast.erased_booking, holdfast.directory_change,
  holdfast.late_event, holdfast.recent_event, holdfast.recent_late_event, holdfast.log_epoch,
  holdfast.migration, holdfast.function_file, holdfast.block, holdfast.theatre_case, holdfast.patient_identifier,
  holdfast.external_id,
  holdfast.booking_patient, holdfast.case_milestone, holdfast.case_request, holdfast.waitlist_entry,
  holdfast.waitlist_offer, holdfast.upkeep_result, holdfast.arrived_clinic to holdfast_app;
-- Which months are in files, so that nobody takes what is left for all.
grant select (month, state) on holdfast.archived_month to holdfast_app;

-- Plain tables. Numbers, ids and creation times are written once; clinics, resources and visit types are never
-- deleted.
grant usage on sequence holdfast.clinic_no_seq to holdfast_app;
grant select, insert on holdfast.clinic, holdfast.resource to holdfast_app;
grant update (name, timezone, address, phone, hold_seconds, hold_extensions_max, minimum_notice_minutes,
  booking_horizon_days, cancellation_deadline_minutes, patient_data_months,
  patient_data_erased_from, guest_units_max, address_holds_max,
  address_bookings_max, account_holds_max, account_bookings_max, contact_holds_max, contact_bookings_max,
  roles_need_second_factor, waitlist_offer_minutes, waitlist_notice_minutes, feed_patient_names, message_days,
  external_ids, updated_at)
  on holdfast.clinic to holdfast_app;
grant update (name, active, specialization, experience_years, rating, languages, fee_amount, fee_currency,
  appointment_types, video_room, turnover_minutes, site, hours, profession, preferred_equipment_ids, external_ids,
  updated_at)
  on holdfast.resource to holdfast_app;
grant select, insert, delete on holdfast.clinic_logo to holdfast_app;
grant update (media_type, image, width, height, digest, updated_at) on holdfast.clinic_logo to holdfast_app;
grant select, insert on holdfast.specialization to holdfast_app;
grant select, insert on holdfast.visit_type to holdfast_app;
grant update (name, names, minutes, buffer_before_minutes, buffer_after_minutes, fee_amount, fee_currency,
  appointment_types, bookable_by, minimum_notice_minutes, booking_horizon_days, cancellation_deadline_minutes, capacity,
  preparation, color, position, active, needs_room, room_ids, device_ids, updated_at, questions,
  questions_version, approval, approval_minutes, combinable, external_ids)
  on holdfast.visit_type to holdfast_app;
grant select, insert, delete on holdfast.visit_type_doctor to holdfast_app;
grant select, insert, delete on holdfast.membership, holdfast.answer to holdfast_app;
-- Only the owner appoints site administrators: at the first start, and with `holdfast admin create`.
grant select on holdfast.site_administrator to holdfast_app;
grant update (role, doctor_id) on holdfast.membership to holdfast_app;
-- In the directory of several databases: which has which clinic, and in which clinics an account may have a role.
grant select on holdfast.shard to holdfast_app;
grant select on holdfast.clinic_shard to holdfast_app;
grant select, insert, update (mark), delete on holdfast.account_clinic to holdfast_app;
grant select, insert, delete on holdfast.invitation to holdfast_app;
grant update (accepted_at, accepted_by) on holdfast.invitation to holdfast_app;
grant update (body) on holdfast.answer to holdfast_app;

-- Which bookings were booked together. Members are deleted by erasures.
grant select, insert on holdfast.booking_series, holdfast.booking_series_member to holdfast_app;

-- Records of patients. They are erased by functions, and linked to bookings by them.
grant select, insert on holdfast.patient to holdfast_app;
grant update (mrn, name, birth_date, sex, phone, email, address, language, flags, notes, identifiers, guardians)
  on holdfast.patient to holdfast_app;

-- How far the log was forwarded to each receiver.
grant select, insert on holdfast.log_receiver to holdfast_app;
grant update (epoch, xid, seq, holder, held_until, delivered_at) on holdfast.log_receiver to holdfast_app;

-- What became of jobs, messages and events.
grant select, insert on holdfast.work_result to holdfast_app;
grant update (succeeded_at, failed_at, failing_since, failures) on holdfast.work_result to holdfast_app;

-- Messages to patients. They are deleted with what they are about, by functions.
grant select, insert on holdfast.message, holdfast.message_settings to holdfast_app;
grant update (state, due_at, attempts, attempts_lost, attempt_until, masked_address, result, content, done_at,
    by_clinic, sent_again_at, failure, reason, before_sending, may_have_arrived, attempted_at)
  on holdfast.message to holdfast_app;
grant select, insert, delete on holdfast.reminder_opt_out to holdfast_app;
grant select, insert on holdfast.message_choice to holdfast_app;
grant update (reminder_emails, sms_kinds_off, language, changed_at) on holdfast.message_choice to holdfast_app;
grant select, insert on holdfast.message_budget to holdfast_app;
grant update (sent, since) on holdfast.message_budget to holdfast_app;
grant update (emails, language, reply_to, reminder_minutes, quiet_from, quiet_until, text_before, text_after,
  confirm_by_link, confirm_minutes,
    sms_kinds, phone_country)
  on holdfast.message_settings to holdfast_app;
grant select, insert on holdfast.verified_account to holdfast_app;
grant select, insert, delete on holdfast.account_person to holdfast_app;
grant update (name, birth_date, relation) on holdfast.account_person to holdfast_app;
-- E-mails that are not about a booking, until they are sent.
grant select, insert, delete on holdfast.account_mail to holdfast_app;
grant update (due_at, attempts, attempts_lost, attempt_until, before_sending) on holdfast.account_mail to holdfast_app;

-- Webhooks and their deliveries. A webhook's deliveries are deleted with it; old ones go with purge_outdated.
grant select, insert, delete on holdfast.webhook to holdfast_app;
grant update (url, events, secret, previous_secret, previous_secret_until, rotated_at, paused_at, pause_reason,
  failures, failing_since, blocked_until, replay_after, replay_until) on holdfast.webhook to holdfast_app;
grant select, insert on holdfast.webhook_delivery to holdfast_app;
grant update (state, due_at, attempts, attempt_until, status, reason, result, duration_ms, done_at, created_at)
  on holdfast.webhook_delivery to holdfast_app;

-- Keys of programs. A deleted key stays, because the security log names what it did by it.
grant select, insert on holdfast.api_key to holdfast_app;
grant update (digest, previous_digest, previous_until, rotated_at, last_used_at, ended_at)
  on holdfast.api_key to holdfast_app;

-- Which blocks are being filled from the waitlist.
grant select, insert, delete on holdfast.block_filling to holdfast_app;
grant update (run_id, running_until, examined, booked) on holdfast.block_filling to holdfast_app;

-- Secret URLs of calendars. A URL ends with the role of its creator.
grant select, insert, delete on holdfast.calendar_feed to holdfast_app;
grant update (kind, token_hash, created_by, language, created_at, has_second_factor) on holdfast.calendar_feed
  to holdfast_app;

-- External calendars of doctors. The busy times are set by set_busy_times.
grant select, insert, delete on holdfast.busy_calendar to holdfast_app;
grant update (url, etag, last_modified, read_next_at, read_at, expanded_at, failing_since, problem, reason, notified_at,
    left_out, left_out_events, empty_since, emptied_at, emptied_notified_at, created_at)
  on holdfast.busy_calendar to holdfast_app;

-- Closures. Their slots are blocked by apply_busy_times, and old ones deleted by purge_outdated.
grant select, insert on holdfast.closure to holdfast_app;
grant update (starts_at, ends_at, note, changed_at, applied_at, removed_at) on holdfast.closure to holdfast_app;

-- Working hours. What is created by them is written by fill_working_hours.
grant select, insert, delete on holdfast.working_hours to holdfast_app;
grant update (valid_until) on holdfast.working_hours to holdfast_app;
grant select, insert, update (filled_until, version) on holdfast.working_calendar to holdfast_app;

-- The security log is only added to, by append_audit_events, and chained by seal_audit_events; old events go with
-- purge_audit_events.
grant select on holdfast.audit_event to holdfast_app;
grant select, update (anchored_no) on holdfast.audit_chain to holdfast_app;

-- The functions, by name, with all their overloads. All others are internal: only the owner and these functions call
-- them.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid::regprocedure from pg_proc
     where pronamespace = 'holdfast'::regnamespace
       and proname in (
         'admit_claims', 'claim_slot', 'claim_slots', 'claim_added_places', 'claim_times', 'slot_for_move',
         'take_requested_time', 'rival_requests', 'combine_visit_types', 'derive_combinations',
         'takes_time', 'time_of_slot', 'with_buffers',
         'are_doctors_locked', 'working_hours_plan', 'fill_working_hours',
         'create_sessions', 'withdraw_session', 'set_visit_resource', 'times_of_clinic', 'refusal_of_all',
         'session_minutes',
         'settle_bookings', 'move_bookings', 'unmovable_bookings', 'facts_of_moves',
         'request_link', 'withdraw_consent', 'correct_answers',
         'confirm_attendance', 'withdraw_attendance', 'correct_patient', 'renew_manage_token', 'expire_holds',
         'create_slots', 'set_slot_capacity', 'withdraw_slots', 'are_locked', 'erase_patient', 'erase_outdated',
         'finish_erasures',
         'read_log', 'running_server', 'begin_log_epoch', 'log_is_ahead', 'verify_clinic', 'verify_receivers',
         'booking_months', 'booking_partitions', 'ensure_partitions', 'purge_outdated', 'append_audit_events',
         'seal_audit_events', 'purge_audit_events',
         'lapsed_units', 'natural_order', 'next_hold_end', 'is_expected',
         'schedule_cases', 'claim_cases', 'record_milestone', 'prolong_case', 'relieve_team', 'cases_by_id',
         'suggest_cases', 'has_left', 'taken_until', 'will_end', 'create_blocks', 'change_block', 'set_equipment_units',
         'are_same_service',
         'save_case_request', 'change_case_request', 'resource_uses', 'withdraw_case_request', 'erase_record',
         'patient_of',
         'fold_record_number',
         'link_patient', 'unlink_patient', 'merge_patients', 'unmerge_patient', 'with_merged', 'likely_duplicates',
         'join_waitlist', 'leave_waitlist', 'offer_free_places', 'offer_public_places', 'can_book_elsewhere',
         'booked_since', 'booked_since_withdrawal', 'correct_waitlist_entry', 'has_access',
         'has_entry_access',
         'end_waitlist_entries', 'is_notified', 'set_busy_times', 'apply_busy_times', 'closure_times',
         'closure_occurrences', 'first_instant', 'end_of_gap', 'stop_offers',
         'erase_waitlist_entries', 'erase_guardians', 'stored_guardians', 'store_response',
         'months_in_transit', 'moving_clinics', 'is_clinic_here',
         'place_clinic',
         'identity_keys', 'fold_phone',
         'clinic_no_of', 'id_floor', 'recent_ids')
  loop
    execute format('grant execute on function %s to holdfast_app', v_function);
  end loop;
end
$$;
