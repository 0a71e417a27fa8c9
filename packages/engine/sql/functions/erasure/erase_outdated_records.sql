-- erase_outdated_records: erases up to p_limit records of a clinic's patients whom nobody has seen and that nobody has
-- changed for p_months, with no booking, case or open request left, and notes it in the security log. 0 or null months:
-- none.
--
-- Internal: the application's role may not execute it.
-- Locks: as forget_patients; none if there is nothing to erase.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_outdated_records(p_clinic_no integer, p_months integer, p_limit integer)
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_ids uuid[];
  v_erased integer;
begin
  if p_months > 0 then
    v_ids := array(
      select t.id from patient t
       where t.clinic_no = p_clinic_no and t.erased_at is null
         and t.updated_at < clock_timestamp() - make_interval(months => p_months)
         and (t.last_visit_at >= clock_timestamp() - make_interval(months => p_months)) is not true
         and not exists (select from booking_patient l where l.clinic_no = t.clinic_no and l.patient_id = t.id)
         and not exists (select from theatre_case c
                          cross join lateral bookings_by_id(array[c.clinic_no], array[c.booking_id]) b
                          where c.clinic_no = t.clinic_no and c.patient_id = t.id and b.erased_at is null)
         and not exists (select from case_request q
                          where q.clinic_no = t.clinic_no and q.patient_id = t.id
                            and request_seems_open(q.clinic_no, q.id, clock_timestamp()))
       limit p_limit);
    perform forget_patients(p_clinic_no, v_ids, '{}');
    select count(*) into v_erased
      from patient t where t.clinic_no = p_clinic_no and t.id = any (v_ids) and t.erased_at is not null;
    if v_erased > 0 then
      insert into audit_event (clinic_no, at, kind, count, actor_kind, details)
      values (p_clinic_no, clock_timestamp(), 'patients_erased', 1, 'system', array[v_erased::text, 'retention']);
    end if;
  end if;
end
$function$;
