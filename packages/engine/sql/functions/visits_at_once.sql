-- visits_at_once: for claim_slots, which of the requests are refused because their patient has an appointment at the
-- same time. One element per request: `patient_booked:` and the id of that appointment; `retry` if an earlier request
-- of the call is for somebody of that name in the clinic, and so has to be written first; null: it is judged by nothing
-- here, as for a request whose p_known_by is null (visit_at_once) or whose key is known.
--
-- Internal. Locks: as lock_patients. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_at_once(
  p_clinic_nos integer[], p_slot_ids uuid[], p_keys uuid[], p_known_by text[], p_patients jsonb[], p_account_ids uuid[]
) returns text[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_names constant text[] := array(
    select case when p_known_by[i.n] is not null then fold_name(p_patients[i.n]->>'name') end
      from generate_subscripts(p_keys, 1) i(n) order by i.n);
  v_are_later constant boolean[] := lock_patients(p_clinic_nos, v_names);
begin
  -- Its snapshot is from after the wait for the locks.
  return array(
    select case when v_names[i.n] is null
                  or exists (select from idempotency k where k.clinic_no = p_clinic_nos[i.n] and k.key = p_keys[i.n])
                  then null
                when v_are_later[i.n] then 'retry'
                else 'patient_booked:' || visit_at_once(p_clinic_nos[i.n], p_slot_ids[i.n], p_known_by[i.n],
                                                        p_patients[i.n], p_account_ids[i.n], null) end
      from generate_subscripts(p_keys, 1) i(n) order by i.n);
end
$function$;
