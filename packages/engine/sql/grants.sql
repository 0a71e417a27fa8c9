-- What the server's role may do: this file is the engine's public interface. Applied at every migration, in the same
-- transaction as the functions; anything not granted here is not allowed.
--
-- Booking state (slot, booking, booking_event, allocation, idempotency) can be read, and is changed by the functions
-- alone, which run as the owner. Partitions have no grants: they are read through their parents.

revoke all on schema holdfast from public, holdfast_app;
revoke all on all tables in schema holdfast from public, holdfast_app;
revoke all on all sequences in schema holdfast from public, holdfast_app;
revoke all on all routines in schema holdfast from public, holdfast_app;

grant usage on schema holdfast to holdfast_app;

-- Read only: booking state, and the ledger, which /readyz reads.
grant select on holdfast.slot, holdfast.booking, holdfast.booking_event, holdfast.allocation, holdfast.idempotency,
  holdfast.booking_origin, holdfast.erased_booking, holdfast.directory_change, holdfast.log_epoch,
  holdfast.migration, holdfast.function_file to holdfast_app;

-- Plain tables. Numbers, ids and creation times are written once; clinics and resources are never deleted.
grant usage on sequence holdfast.clinic_no_seq to holdfast_app;
grant select, insert on holdfast.clinic, holdfast.resource to holdfast_app;
grant update (name, timezone, address, phone, hold_seconds, hold_extensions_max, minimum_notice_minutes,
  booking_horizon_days, cancellation_deadline_minutes, patient_data_months, guest_units_max, address_holds_max,
  address_bookings_max, account_holds_max, account_bookings_max, contact_holds_max, contact_bookings_max,
  roles_need_second_factor, updated_at)
  on holdfast.clinic to holdfast_app;
grant update (name, units, active, specialization, experience_years, rating, languages, fee_amount, fee_currency,
  appointment_types, video_room, updated_at) on holdfast.resource to holdfast_app;
grant select, insert on holdfast.specialization to holdfast_app;
grant select, insert, delete on holdfast.membership, holdfast.answer to holdfast_app;
-- Only the owner appoints site administrators: at the first start, and with `holdfast admin create`.
grant select on holdfast.site_administrator to holdfast_app;
grant update (role, doctor_id) on holdfast.membership to holdfast_app;
grant select, insert, delete on holdfast.invitation to holdfast_app;
grant update (accepted_at, accepted_by) on holdfast.invitation to holdfast_app;
grant update (body) on holdfast.answer to holdfast_app;
grant select, insert on holdfast.manage_token to holdfast_app;
grant update (epoch, renewal_key, renewed_at) on holdfast.manage_token to holdfast_app;

-- The security log is only added to. Its numbers come from the database; old events go with purge_audit_events.
grant select, insert (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, network, details)
  on holdfast.audit_event to holdfast_app;

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
         'admit_claims', 'claim_slot', 'claim_slots', 'settle_bookings', 'move_bookings', 'expire_holds',
         'create_slots', 'withdraw_slots', 'are_locked', 'erase_patient', 'erase_outdated',
         'finish_erasures',
         'read_log', 'running_server', 'begin_log_epoch', 'log_is_ahead', 'verify_clinic',
         'ensure_partitions', 'purge_outdated', 'purge_audit_events',
         'clinic_no_of', 'id_floor')
  loop
    execute format('grant execute on function %s to holdfast_app', v_function);
  end loop;
end
$$;
