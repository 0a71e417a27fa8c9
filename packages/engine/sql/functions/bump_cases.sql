-- bump_cases: cancels cases that give way to an emergency, with the failure reason `bumped`, and puts them back on the
-- waitlist: the request that a case fulfilled is open again, and a case without one gets a request. The caller has
-- given back what they take. Returns their bookings as they are then.
--
-- p_bumps: [{caseId, requestId}], the id of the request to create. p_bookings: these cases, as they are under the lock.
-- Internal.
-- Locks: the requests of these cases. The caller has locked the slots and the bookings.
-- Fails: never. Idempotent: no; it cancels every case it is given.
create or replace function holdfast.bump_cases(
  p_clinic_no integer, p_bumps jsonb, p_reason text, p_bookings holdfast.booking[], p_actor_id uuid, p_key uuid,
  p_at timestamptz
) returns holdfast.booking[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_bump record;
  v_booking booking; v_bumped booking[] := '{}';
begin
  for v_bump in
    select i."caseId" as case_id, i."requestId" as request_id, c.request_id as fulfilled_id
      from jsonb_to_recordset(p_bumps) i("caseId" uuid, "requestId" uuid)
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = i."caseId"
     order by 1
  loop
    select c.* into v_booking
      from unnest(p_bookings) b
     cross join lateral change_bookings(array[p_clinic_no], array[b.id], array['CANCELLED'], array['bumped'],
                                        array[null::timestamptz], null, null, null, null, array[p_reason], null, null,
                                        array[greatest(p_at, b.updated_at)]) c
     where b.id = v_bump.case_id;
    perform log_change(v_booking, 'cancelled', p_actor_id, p_key);
    update case_request q set bumped_case_id = v_bump.case_id, bump_reason = p_reason, withdrawn_at = null
     where q.clinic_no = p_clinic_no and q.id = v_bump.fulfilled_id;
    if not found then
      insert into case_request (clinic_no, id, patient_id, service, procedure_code, procedure_display, minutes, urgency,
                                room_id, surgeon_id, anaesthetist_id, staff_ids, equipment, case_id, bumped_case_id,
                                bump_reason, created_by, created_at)
      select p_clinic_no, v_bump.request_id, c.patient_id, c.service, c.procedure_code, c.procedure_display,
             extract(epoch from c.ends_at - c.starts_at)::integer / 60, c.urgency, null, c.surgeon_id,
             c.anaesthetist_id, c.staff_ids, c.equipment, c.booking_id, c.booking_id, p_reason, p_actor_id, p_at
        from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = v_bump.case_id;
    end if;
    v_bumped := v_bumped || v_booking;
  end loop;
  return v_bumped;
end
$function$;
