-- link_patient: says whose booking it is, in place of what was said before.
--
-- Outcomes: done | unchanged | booking_missing | booking_is_case (a case has its patient) | booking_erased |
--   patient_missing (or erased) | record_merged:<id> (into that one)
-- Locks: the booking; then the record, FOR KEY SHARE: an erasure or a merge waits, or is seen.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.link_patient(
  p_clinic_no integer, p_booking_id uuid, p_patient_id uuid, p_actor_id uuid
) returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_booking booking;
begin
  v_booking := (lock_bookings(array[p_clinic_no], array[p_booking_id]))[1];
  if v_booking.id is null then
    return 'booking_missing';
  elsif v_booking.appointment_type = 'case' then
    return 'booking_is_case';
  elsif v_booking.erased_at is not null then
    return 'booking_erased';
  end if;
  perform 1 from patient t
    where t.clinic_no = p_clinic_no and t.id = p_patient_id and t.erased_at is null and t.merged_into is null
      for key share;
  if not found then
    return coalesce((select 'record_merged:' || t.merged_into from patient t
                      where t.clinic_no = p_clinic_no and t.id = p_patient_id), 'patient_missing');
  end if;
  insert into booking_patient as l (clinic_no, booking_id, patient_id, linked_by, linked_at)
  values (p_clinic_no, p_booking_id, p_patient_id, p_actor_id, clock_timestamp())
  on conflict (clinic_no, booking_id) do update
    set patient_id = excluded.patient_id, linked_by = excluded.linked_by, linked_at = excluded.linked_at
    where l.patient_id <> excluded.patient_id;
  return case when found then 'done' else 'unchanged' end;
end
$function$;
