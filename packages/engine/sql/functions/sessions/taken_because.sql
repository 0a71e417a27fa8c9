-- taken_because: why a time of a doctor that is taken cannot be booked: slot_closed:doctor_busy in a closure or a busy
-- time of an external calendar, in which nothing becomes free, otherwise slot_full.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.taken_because(p_clinic_no integer, p_resource_id uuid, p_during tstzrange)
  returns text
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select case when busy_times(p_clinic_no, p_resource_id, lower(p_during), upper(p_during)) && p_during
              then 'slot_closed:doctor_busy' else 'slot_full' end
$function$;
