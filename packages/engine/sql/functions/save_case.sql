-- save_case: writes a case that has its slot and its allocations: the booking, what the case is, and the event, which
-- states the allocations. A new one is held or confirmed, an existing one moved (p_from_slot_id).
--
-- p_allocations: as allocations_of.
-- Internal.
-- Locks: none. Fails: 23514 for an id of a month without a partition. Idempotent: no.
create or replace function holdfast.save_case(
  p_clinic_no integer, p_plan jsonb, p_patient_id uuid, p_slot_id uuid, p_slot_resource_id uuid,
  p_turnover_minutes integer, p_allocations jsonb, p_hold_until timestamptz, p_from_slot_id uuid, p_actor_id uuid,
  p_key uuid, p_at timestamptz, out saved_booking holdfast.booking, out saved_case holdfast.theatre_case
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  v_id constant uuid := p_plan->>'caseId';
  v_minutes constant integer := p_plan->>'minutes';
  v_starts_at constant timestamptz := p_plan->>'startsAt';
begin
  if p_from_slot_id is null then
    insert into booking (clinic_no, id, slot_id, resource_id, units, status, hold_expires_at, appointment_type, patient,
                         created_at, updated_at)
    values (p_clinic_no, v_id, p_slot_id, p_slot_resource_id, v_minutes + p_turnover_minutes,
            case when p_hold_until is null then 'CONFIRMED' else 'PENDING' end, p_hold_until, 'case',
            jsonb_build_object('patientId', p_patient_id), p_at, p_at)
    returning * into saved_booking;
  else
    saved_booking := place_booking_of_case(p_clinic_no, v_id, p_slot_id, p_slot_resource_id,
                                           v_minutes + p_turnover_minutes, p_at);
  end if;
  insert into theatre_case (clinic_no, booking_id, room_id, starts_at, ends_at, expected_ends_at, turnover_minutes,
                            surgeon_id, anaesthetist_id, staff_ids, equipment, patient_id, service, procedure_code,
                            procedure_display, urgency, override, request_id)
  values (p_clinic_no, v_id, (p_plan->>'roomId')::uuid, v_starts_at, v_starts_at + make_interval(mins => v_minutes),
          v_starts_at + make_interval(mins => v_minutes), p_turnover_minutes, (p_plan->>'surgeonId')::uuid,
          (p_plan->>'anaesthetistId')::uuid,
          array(select s.id::uuid from jsonb_array_elements_text(p_plan->'staffIds') with ordinality s(id, n)
                 order by s.n),
          p_plan->'equipment', p_patient_id, p_plan->>'service', p_plan->'procedure'->>'code',
          p_plan->'procedure'->>'display', p_plan->>'urgency', nullif(p_plan->'override', 'null'),
          (p_plan->>'requestId')::uuid)
  on conflict (clinic_no, booking_id) do update
    set room_id = excluded.room_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        expected_ends_at = excluded.expected_ends_at, turnover_minutes = excluded.turnover_minutes,
        surgeon_id = excluded.surgeon_id, anaesthetist_id = excluded.anaesthetist_id, staff_ids = excluded.staff_ids,
        equipment = excluded.equipment, override = excluded.override
  returning * into saved_case;
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                             from_slot_id, actor_id, request_key, booking_digest, case_details)
  values (p_clinic_no, v_id, saved_booking.version, saved_booking.updated_at,
          case when p_from_slot_id is not null then 'moved' when p_hold_until is null then 'confirmed' else 'held' end,
          p_slot_id, p_slot_resource_id, saved_booking.units, p_hold_until, p_from_slot_id, p_actor_id,
          case when p_from_slot_id is not null then p_key end,
          booking_digest(saved_booking.account_id, saved_booking.appointment_type, saved_booking.patient,
                         saved_booking.reason, saved_booking.cancellation_reason),
          jsonb_strip_nulls(jsonb_build_object('allocations', p_allocations,
                                               'override', nullif(p_plan->'override', 'null'))));
end
$function$;
