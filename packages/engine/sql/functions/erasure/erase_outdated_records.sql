-- erase_outdated_records: erases up to p_limit records of a clinic's patients whom nobody has seen and that nobody has
-- changed for p_months, with no booking, case or open request left, with those that were merged into them, and notes
-- it in the security log. 0 or null months: none.
--
-- A change or a merge may commit before the records are locked, so their age is judged again under the locks; the rest
-- is judged there by forget_patients.
--
-- Internal: the application's role may not execute it.
-- Locks: the records, of those that are free: it waits for none, and leaves a patient with a locked one to the next
--   call. Then as forget_patients. None if there is nothing to erase.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_outdated_records(p_clinic_no integer, p_months integer, p_limit integer)
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_before constant timestamptz := clock_timestamp() - make_interval(months => p_months);
  v_ids uuid[];
  v_locked_ids uuid[];
  v_erased integer;
begin
  if p_months > 0 then
    v_ids := array(
      select t.id from patient t
       cross join lateral (select with_merged(t.clinic_no, array[t.id]) as ids offset 0) w
       where t.clinic_no = p_clinic_no and t.erased_at is null and t.merged_into is null
         and t.updated_at < v_before and not are_seen_since(t.clinic_no, w.ids, v_before)
         and not exists (select from booking_patient l where l.clinic_no = t.clinic_no and l.patient_id = any (w.ids))
         and not exists (select from theatre_case c
                          cross join lateral bookings_by_id(array[c.clinic_no], array[c.booking_id]) b
                          where c.clinic_no = t.clinic_no and c.patient_id = any (w.ids) and b.erased_at is null)
         and not exists (select from case_request q
                          where q.clinic_no = t.clinic_no and q.patient_id = any (w.ids)
                            and request_seems_open(q.clinic_no, q.id, clock_timestamp()))
       limit p_limit);
    v_locked_ids := array(
      select t.id from patient t
       where t.clinic_no = p_clinic_no and t.id = any (with_merged(p_clinic_no, v_ids))
       order by t.clinic_no, t.id for update skip locked);
    v_ids := array(
      select i.id from unnest(v_ids) i(id)
       cross join lateral (select with_merged(p_clinic_no, array[i.id]) as ids offset 0) w
       where w.ids <@ v_locked_ids and not are_seen_since(p_clinic_no, w.ids, v_before));
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
