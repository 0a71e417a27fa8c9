-- with_effective_status: a booking as it reads at p_at, with its slot's times, visit type and session, and its clinic's
-- id: a hold that has lapsed is FAILED `hold_expired`. settle_bookings and move_bookings repeat these columns in their
-- `returns table`, and bookingColumns lists them in TypeScript: booking-row.test.ts compares all four.
--
-- Internal: to be joined laterally. The planner replaces a call by this body: inlined-rules.test.ts checks it.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.with_effective_status(
  b holdfast.booking, p_starts_at timestamptz, p_ends_at timestamptz, p_visit_type_id uuid,
  p_session_id uuid, p_clinic_id uuid, p_at timestamptz
) returns table (
  id uuid, clinic_no integer, clinic_id uuid, resource_id uuid, slot_id uuid, status text, failure_reason text,
  units integer, starts_at timestamptz, ends_at timestamptz, hold_expires_at timestamptz, extended boolean,
  account_id uuid, appointment_type text, patient jsonb, reason text, cancellation_reason text, version integer,
  created_at timestamptz, updated_at timestamptz, erased_at timestamptz, attendance_confirmed_at timestamptz,
  visit_type_id uuid, session_id uuid, requested_at timestamptz
)
language sql immutable parallel safe
begin atomic
  select b.id, b.clinic_no, p_clinic_id, b.resource_id, b.slot_id,
         case when holdfast.hold_seems_lapsed(b.status, b.hold_expires_at, p_at) then 'FAILED' else b.status end,
         case when holdfast.hold_seems_lapsed(b.status, b.hold_expires_at, p_at) then 'hold_expired'
              else b.failure_reason end,
         b.units, p_starts_at, p_ends_at,
         case when b.status = 'PENDING' and not holdfast.hold_seems_lapsed(b.status, b.hold_expires_at, p_at)
              then b.hold_expires_at end,
         b.extended_by is not null, b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason,
         b.version, b.created_at, b.updated_at, b.erased_at, b.attendance_confirmed_at, p_visit_type_id,
         p_session_id, b.requested_at;
end;
