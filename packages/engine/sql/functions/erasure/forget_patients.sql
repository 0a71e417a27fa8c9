-- forget_patients: removes who patients are of whom every case is erased, no request is open, and to whom no booking is
-- linked: all of their records, with those merged with them (with_merged), notes on their requests for cases, and the
-- digests with which these were sent. From the cases named, which have just been erased, and their events it removes
-- the reason of an override, which somebody wrote freely. A record that the desk has completed or merged outlives its
-- last case: with cases, it stays.
--
-- It runs one statement per month on the log, planned for that month: see id_months.
-- Internal: called by erase_patient, erase_record and erase_outdated_records.
-- Locks: the patients, as lock_with_merged. The caller has locked the bookings; a claim locks a known patient before it
--   writes (save_patients), and so does a link (link_patient), so nothing is added meanwhile. Then the stored responses
--   that name requests or records.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.forget_patients(p_clinic_no integer, p_patient_ids uuid[], p_case_ids uuid[])
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months constant uuid[] := id_months(p_case_ids);
  v_ids constant uuid[] := lock_with_merged(p_clinic_no, p_patient_ids);
  v_forgotten uuid[];
  v_request_ids uuid[];
begin
  with forgotten as (
    update patient t
       set mrn = null, name = null, birth_date = null, sex = null, phone = null, email = null, address = null,
           language = null, flags = '{}', notes = null, identifiers = '[]', guardians = '[]', last_visit_at = null,
           merged_into = null, merge = null, erased_at = clock_timestamp()
      from (select i.id, with_merged(p_clinic_no, array[i.id]) as ids from unnest(v_ids) i(id) offset 0) w
     where t.clinic_no = p_clinic_no and t.id = w.id and t.erased_at is null
       and (p_case_ids = '{}'
            or cardinality(w.ids) = 1
               and num_nonnulls(t.sex, t.phone, t.email, t.address, t.language, t.notes) = 0 and t.flags = '{}'
               and t.identifiers = '[]' and t.guardians = '[]')
       and not exists (select from booking_patient l where l.clinic_no = t.clinic_no and l.patient_id = any (w.ids))
       and not exists (select from theatre_case c
                        cross join lateral bookings_by_id(array[c.clinic_no], array[c.booking_id]) b
                        where c.clinic_no = t.clinic_no and c.patient_id = any (w.ids) and b.erased_at is null)
       and not exists (select from case_request q
                        where q.clinic_no = t.clinic_no and q.patient_id = any (w.ids)
                          and request_seems_open(q.clinic_no, q.id, clock_timestamp()))
    returning t.id
  )
  select array_agg(f.id) into v_forgotten from forgotten f;
  perform note_erasures(p_clinic_no, 'patient', v_forgotten);
  with stripped as (
    update case_request q set note = null, bump_reason = null
     where q.clinic_no = p_clinic_no and q.patient_id = any (v_forgotten)
    returning q.id
  )
  select array_agg(s.id) into v_request_ids from stripped s;
  if v_forgotten is not null then
    -- A patient could be guessed from them. The keys stay, so that a retry does not request it again.
    update answer a set request_hash = gen_random_uuid() where a.ids && (v_forgotten || v_request_ids);
  end if;

  update theatre_case c set override = c.override - 'reason'
   where c.clinic_no = p_clinic_no and c.booking_id = any (p_case_ids) and c.override ? 'reason';
  for v_n in 1 .. cardinality(v_months) by 2 loop
    update booking_event e set case_details = e.case_details #- '{override,reason}'
     where e.clinic_no = p_clinic_no and e.booking_id between v_months[v_n] and v_months[v_n + 1]
       and e.booking_id = any (p_case_ids) and e.case_details ? 'override';
  end loop;
  update late_event e set case_details = e.case_details #- '{override,reason}'
   where e.clinic_no = p_clinic_no and e.booking_id = any (p_case_ids) and e.case_details ? 'override';
end
$function$;
