-- unlink_patient: removes what was said about whose booking it is. Outcomes: done | unchanged (it had no link).
--
-- Locks: the link. Fails: never. Idempotent: yes.
create or replace function holdfast.unlink_patient(p_clinic_no integer, p_booking_id uuid) returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  delete from booking_patient l where l.clinic_no = p_clinic_no and l.booking_id = p_booking_id;
  return case when found then 'done' else 'unchanged' end;
end
$function$;
