-- case_digest: the first 64 bits of a SHA-256 of what a case is: all that its claim or its last move wrote, without the
-- expected end and the overridden rules, which change later and are in the log. It is stored where these are written,
-- so that verify finds a case that was changed by other means than the functions.
--
-- Internal: the application's role may not execute it.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.case_digest(
  p_id uuid, p_room_id uuid, p_starts_at timestamptz, p_ends_at timestamptz, p_turnover_minutes integer,
  p_surgeon_id uuid, p_anaesthetist_id uuid, p_staff_ids uuid[], p_equipment jsonb, p_patient_id uuid, p_service text,
  p_procedure_code text, p_procedure_display text, p_urgency text, p_request_id uuid
) returns bytea
language sql stable parallel safe
return substr(sha256(convert_to(row(p_id, p_room_id, extract(epoch from p_starts_at), extract(epoch from p_ends_at),
                                    p_turnover_minutes, p_surgeon_id, p_anaesthetist_id, p_staff_ids, p_equipment,
                                    p_patient_id, p_service, p_procedure_code, p_procedure_display, p_urgency,
                                    p_request_id)::text, 'UTF8')), 1, 8);
