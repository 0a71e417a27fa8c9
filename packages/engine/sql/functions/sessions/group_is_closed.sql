-- group_is_closed: whether a room or device of a visit's slot is closed at its time (busy_times), so that nobody else
-- joins its group.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.group_is_closed(p_clinic_no integer, p_slot_id uuid) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  return exists (select from allocation a
                  where a.clinic_no = p_clinic_no and a.booking_id = p_slot_id
                    and busy_times(a.clinic_no, a.resource_id, lower(a.during), upper(a.during)) && a.during);
end
$function$;
