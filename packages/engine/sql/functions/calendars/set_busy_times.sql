-- set_busy_times: stores the busy times of a doctor's external calendar, and blocks and frees the doctor's slots by
-- them and by the other sources of busy times (apply_busy_times). Returns how many slots it changed; call it until it
-- changes none.
--
-- Locks: as apply_busy_times.
-- Fails: no_data_found if the doctor has no busy calendar; check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.set_busy_times(p_clinic_no integer, p_resource_id uuid, p_busy tstzmultirange)
returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  perform 1 from resource r where r.clinic_no = p_clinic_no and r.id = p_resource_id for no key update;
  update busy_calendar b set busy = p_busy
   where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id;
  if not found then
    raise exception using errcode = 'no_data_found',
      message = format('set_busy_times: doctor %s of clinic %s has no busy calendar', p_resource_id, p_clinic_no);
  end if;
  return apply_busy_times(p_clinic_no, p_resource_id);
end
$function$;
