-- move_case: writes a case that was moved and has its slot and its allocations: the booking, what the case is, and the
-- event, which states the allocations. Returns the booking as it is then.
--
-- An end that was said (prolong_case) stays if only the team or the equipment changes: then what it takes lasts until
-- that end, as far as it is free.
--
-- p_place: where it is now, with its slot. p_allocations: as allocations_of.
-- Internal.
-- Locks: none that the caller does not have. Fails: never. Idempotent: no.
create or replace function holdfast.move_case(
  p_clinic_no integer, p_plan jsonb, p_place holdfast.case_place, p_allocations jsonb, p_from_slot_id uuid,
  p_actor_id uuid, p_key uuid, p_at timestamptz
) returns holdfast.booking
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
  v_ends_at constant timestamptz := v_starts_at + make_interval(mins => v_minutes);
  v_override constant jsonb := nullif(p_plan->'override', 'null');
  v_booking booking;
  v_expected_ends_at timestamptz;
  v_allocations jsonb := p_allocations;
begin
  v_booking := place_booking_of_case(p_clinic_no, v_id, p_place.slot_id,
                                     case when p_place.is_block then p_place.room_id else p_place.open_time_id end,
                                     v_minutes + p_place.turnover_minutes, p_at);
  update theatre_case t
     set room_id = p_place.room_id, starts_at = v_starts_at, ends_at = v_ends_at,
         expected_ends_at = case when (t.room_id, t.starts_at, t.ends_at) = (p_place.room_id, v_starts_at, v_ends_at)
                                 then t.expected_ends_at else v_ends_at end,
         turnover_minutes = p_place.turnover_minutes, surgeon_id = (p_plan->>'surgeonId')::uuid,
         anaesthetist_id = (p_plan->>'anaesthetistId')::uuid, staff_ids = staff_of_case(p_plan),
         equipment = p_plan->'equipment', override = v_override,
         digest = case_digest(t.booking_id, p_place.room_id, v_starts_at, v_ends_at, p_place.turnover_minutes,
                              (p_plan->>'surgeonId')::uuid, (p_plan->>'anaesthetistId')::uuid, staff_of_case(p_plan),
                              p_plan->'equipment', t.patient_id, t.service, t.procedure_code, t.procedure_display,
                              t.urgency, t.request_id)
   where t.clinic_no = p_clinic_no and t.booking_id = v_id
  returning t.expected_ends_at into v_expected_ends_at;
  if v_expected_ends_at <> v_ends_at then
    perform fit_allocations(p_clinic_no, v_id);
    v_allocations := allocations_of(p_clinic_no, v_id);
  end if;
  perform log_change(v_booking, 'moved', p_actor_id, p_key,
                     p_status_after => case v_booking.status when 'ARRIVED' then 'ARRIVED' end,
                     p_from_slot_id => p_from_slot_id,
                     p_case_details => details_of_case(v_allocations, v_override, v_ends_at <= p_at)
                       || case when v_expected_ends_at <> v_ends_at
                               then jsonb_build_object('expectedEndsAt', v_expected_ends_at) else '{}' end);
  return v_booking;
end
$function$;
