-- remove_links: removes the links of bookings to records of patients. The records keep when the last visit was
-- (last_visit_at): the retention counts from it, also without the link. What is to come counts as now.
--
-- Internal: called by erase_patient and archive_slots.
-- Locks: the records, by id. The caller has locked the bookings. Fails: never. Idempotent: yes.
create or replace function holdfast.remove_links(p_clinic_no integer, p_booking_ids uuid[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_booking_ids uuid[];
  v_patient_ids uuid[];
begin
  with removed as (
    delete from booking_patient l where l.clinic_no = p_clinic_no and l.booking_id = any (p_booking_ids)
    returning l.booking_id, l.patient_id
  )
  select array_agg(r.booking_id), array_agg(r.patient_id) into v_booking_ids, v_patient_ids from removed r;
  if v_booking_ids is null then
    return;
  end if;
  perform 1 from patient t
    where t.clinic_no = p_clinic_no and t.id = any (v_patient_ids) order by t.clinic_no, t.id for no key update;
  update patient t set last_visit_at = v.at
    from (select r.patient_id, least(max(s.starts_at), clock_timestamp()) as at
            from unnest(v_booking_ids, v_patient_ids) r(booking_id, patient_id)
            join bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_booking_ids)]), v_booking_ids) b
              on b.id = r.booking_id
            join slot s on s.clinic_no = p_clinic_no and s.id = b.slot_id
           group by r.patient_id) v
   where t.clinic_no = p_clinic_no and t.id = v.patient_id and t.erased_at is null
     and (t.last_visit_at >= v.at) is not true;
end
$function$;
