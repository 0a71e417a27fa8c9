-- months_in_transit: the months (YYYY-MM) of which a clinic's bookings are between the database and a file: `archive`
-- or `archive restore` is moving them, or was interrupted. Nobody finds them meanwhile, not even to erase a patient.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.months_in_transit(p_clinic_no integer) returns text[]
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select array(select to_char(m.month, 'YYYY-MM')
                 from archived_month m
                where m.state <> 'archived'
                  and exists (select from archived_row r where r.clinic_no = p_clinic_no and r.month = m.month)
                order by 1)
$function$;
