-- booking_digest: SHA-256 of what the log must not contain itself: who a booking belongs to, its type, the patient and
-- the reasons. Every event has the digest of its booking, so that verify finds a booking whose details were changed
-- without an event.
--
-- Internal: the application's role may not execute it.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_digest(
  p_account_id uuid, p_type text, p_patient jsonb, p_reason text, p_cancellation_reason text
) returns bytea
language sql stable parallel safe
return sha256(convert_to(row(p_account_id, p_type, p_patient, p_reason, p_cancellation_reason)::text, 'UTF8'));
