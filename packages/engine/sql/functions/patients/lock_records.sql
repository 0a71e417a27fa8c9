-- lock_records: locks the records that claims name, so that none is erased or merged before the bookings are linked to
-- them, and returns by request why it cannot be: `record_missing` (it is not there, or erased), `record_merged:<id>`
-- (into that one), or `retry` (another transaction has locked it, to erase or merge it). null: it can, or the request
-- names none.
--
-- It waits for nobody: an erasure locks bookings before records, and a claim has locked lapsed ones by then.
-- Internal. Locks: the records, FOR KEY SHARE, of those that are free. Fails: never. Idempotent: yes.
create or replace function holdfast.lock_records(p_clinic_nos integer[], p_patient_ids uuid[]) returns text[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_locked uuid[];
begin
  v_locked := array(
    select t.id from patient t
     where (t.clinic_no, t.id) in (select u.clinic_no, u.id from unnest(p_clinic_nos, p_patient_ids) u(clinic_no, id))
       and t.erased_at is null and t.merged_into is null
       for key share skip locked);
  return array(
    select case when i.id is null or i.id = any (v_locked) then null
                else coalesce((select case when t.erased_at is null
                                           then coalesce('record_merged:' || t.merged_into, 'retry') end
                                 from patient t where t.clinic_no = i.clinic_no and t.id = i.id),
                              'record_missing') end
      from unnest(p_clinic_nos, p_patient_ids) with ordinality i(clinic_no, id, n) order by i.n);
end
$function$;
