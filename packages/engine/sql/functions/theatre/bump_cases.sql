-- bump_cases: cancels cases that give way to an emergency, with the failure reason `bumped`, and puts them back on the
-- waitlist (return_to_waitlist). The caller has given back what they take. Returns their bookings as they are then.
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
    select i."caseId" as case_id, i."requestId" as request_id
      from jsonb_to_recordset(p_bumps) i("caseId" uuid, "requestId" uuid)
     order by 1
  loop
    select c.* into v_booking
      from unnest(p_bookings) b
     cross join lateral change_bookings(array[p_clinic_no], array[b.id], array['CANCELLED'], array['bumped'],
                                        array[null::timestamptz], null, null, null, null, array[p_reason], null, null,
                                        array[greatest(p_at, b.updated_at)]) c
     where b.id = v_bump.case_id;
    perform log_change(v_booking, 'cancelled', p_actor_id, p_key);
    v_bumped := v_bumped || v_booking;
    perform return_to_waitlist(p_clinic_no, array[v_bump.case_id], array[v_bump.request_id], p_reason, p_actor_id,
                               p_at);
  end loop;
  return v_bumped;
end
$function$;
