-- case_as_json: a case as Case in src/model/theatre-case.ts, without atRiskBy; times are texts, in the session's time
-- zone.
--
-- p_note: of its request. p_is_lapsed: whether it is a hold that has lapsed, so that it takes nothing.
-- p_allocations: as allocations_of.
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.case_as_json(
  p_clinic_id uuid, p_booking holdfast.booking, p_case holdfast.theatre_case, p_patient holdfast.patient,
  p_note text, p_is_lapsed boolean, p_allocations jsonb, p_milestones jsonb
) returns jsonb
language sql stable
return jsonb_build_object(
  'id', (p_case).booking_id, 'clinicId', p_clinic_id,
  'status', case when p_is_lapsed then 'FAILED' else (p_booking).status end,
  'failureReason', case when p_is_lapsed then 'hold_expired' else (p_booking).failure_reason end,
  'cancellationReason', (p_booking).cancellation_reason,
  'holdExpiresAt', case when (p_booking).status = 'PENDING' and not p_is_lapsed then (p_booking).hold_expires_at end,
  'roomId', (p_case).room_id, 'startsAt', (p_case).starts_at, 'endsAt', (p_case).ends_at,
  'expectedEndsAt', (p_case).expected_ends_at,
  'minutes', extract(epoch from (p_case).ends_at - (p_case).starts_at)::integer / 60,
  'turnoverMinutes', (p_case).turnover_minutes, 'surgeonId', (p_case).surgeon_id,
  'anaesthetistId', (p_case).anaesthetist_id, 'staffIds', (p_case).staff_ids, 'equipment', (p_case).equipment,
  'blockId', case when (p_booking).resource_id = (p_case).room_id then (p_booking).slot_id end,
  'service', (p_case).service,
  'procedure', jsonb_build_object('code', (p_case).procedure_code, 'display', (p_case).procedure_display),
  'urgency', (p_case).urgency, 'patientId', (p_case).patient_id,
  'patient', case when (p_patient).mrn is not null
                  then jsonb_build_object('mrn', (p_patient).mrn, 'name', (p_patient).name,
                                          'birthDate', (p_patient).birth_date) end,
  'patientFlags', coalesce((p_patient).flags, '{}'),
  'note', p_note,
  'requestId', (p_case).request_id, 'override', (p_case).override, 'version', (p_booking).version,
  'createdAt', (p_booking).created_at, 'updatedAt', (p_booking).updated_at,
  'allocations', case when p_is_lapsed then '[]' else p_allocations end, 'milestones', p_milestones);
