-- is_known_patient: whether an account has had an appointment at a clinic. A guest is not known.
--
-- A function, so that the query that calls it neither plans nor locks the partitions of bookings.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_known_patient(p_clinic_no integer, p_account_id uuid) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  return p_account_id is not null
     and exists (select from booking b
                  where b.account_id = p_account_id and b.clinic_no = p_clinic_no
                    and b.status in ('ARRIVED', 'COMPLETED') and b.appointment_type <> 'case');
end
$function$;
