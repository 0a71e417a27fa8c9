-- visits_at_once: which of the requests of a call are refused because their patient has an appointment at the same
-- time. One element per request: `patient_booked:` and the id of that appointment; `retry` if an earlier request of the
-- call may write such an appointment, and so has to be decided first; else null. Only requests of one name and person
-- at one time wait for each other: many people have one name, or share the `walk-in` of a desk.
--
-- p_known_by: as sought_keys. p_account_ids: of the bookings that are written. p_excepts: those that are changed.
--
-- Internal. Locks: as lock_patients, of those for whom anything is looked up. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_at_once(
  p_clinic_nos integer[], p_slot_ids uuid[], p_known_by text[], p_patients jsonb[], p_account_ids uuid[],
  p_excepts uuid[] default null
) returns text[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_names constant text[] := array(
    select case when sought_keys(p_known_by[i.n], p_patients[i.n], p_account_ids[i.n]) is not null
                then fold_name(p_patients[i.n]->>'name') end
      from generate_subscripts(p_slot_ids, 1) i(n) order by i.n);
begin
  perform lock_patients(p_clinic_nos, v_names);
  -- Its snapshot is from after the wait for the locks.
  return (
    with sought as materialized (
      select i.n, p_clinic_nos[i.n] as clinic_no, p_slot_ids[i.n] as slot_id, v_names[i.n] as name,
             sought_keys(p_known_by[i.n], p_patients[i.n], p_account_ids[i.n]) as keys,
             identity_keys(p_patients[i.n], p_account_ids[i.n]) as own_keys, s.during, s.taken
        from generate_subscripts(p_slot_ids, 1) i(n)
       cross join lateral (select tstzrange(t.starts_at, t.ends_at) as during, t.taken from slot t
                            where t.clinic_no = p_clinic_nos[i.n] and t.id = p_slot_ids[i.n] limit 1) s
       where v_names[i.n] is not null
    )
    select array_agg(coalesce(
             'patient_booked:' || visit_at_once(q.clinic_no, q.slot_id, q.name, q.keys, p_excepts[i.n]),
             -- Slots with more units taken are not looked at (visit_at_once).
             case when exists (select from sought e
                                where e.n < q.n and e.clinic_no = q.clinic_no and e.name = q.name and e.taken < 200
                                  and e.during && q.during and e.own_keys && q.keys)
                  then 'retry' end) order by i.n)
      from generate_subscripts(p_slot_ids, 1) i(n)
      left join sought q on q.n = i.n);
end
$function$;
