-- visits_at_once: which of the requests of a call are refused because their patient has an appointment at the same
-- time. One element per request: `patient_booked:` and the id of the first such appointment; `retry` if an earlier
-- request of the call may write one, and so has to be decided first, or another transaction is booking for the same
-- record; else null. An appointment is CONFIRMED or ARRIVED. Only requests of one name and person at one time wait for
-- each other: many people have one name. Who is one person depends on p_known_by; those of one name without contacts
-- are. For a member of the clinic, that of a record has also what is linked to it, in whatever name, and its cases, by
-- what they take of the patient's time. A case that is claimed meanwhile is not waited for.
--
-- p_known_by: as in sought_keys. p_account_ids: the accounts of the bookings that are written. p_excepts: the bookings
-- that are changed. p_formers: the bookings that get another patient, as they are: appointments that are of the same
-- person already are no reason to refuse, nor are those of the same name if it stays and no contact becomes the same.
-- p_confirms: whether a request writes an appointment, and no hold; null: all do. p_patient_ids: the records that are
-- booked for; of a booking that is changed, its own.
--
-- Slots with more than 200 units taken, such as a vaccination day's, are left out: every booking in the slots is
-- compared. All that is needed is read once for the call, because old months are planned for each reading: see
-- docs/decisions/0011.
--
-- Internal. Locks: as lock_patients, of those for whom anything is looked up; then an advisory lock of each record that
-- is booked for, if it is free: slots may be locked already. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_at_once(
  p_clinic_nos integer[], p_slot_ids uuid[], p_known_by text[], p_patients jsonb[], p_account_ids uuid[],
  p_excepts uuid[] default null, p_confirms boolean[] default null, p_formers holdfast.booking[] default null,
  p_patient_ids uuid[] default null
) returns text[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
declare
  v_names constant text[] := array(
    select case when sought_keys(p_known_by[i.n], p_patients[i.n], p_account_ids[i.n]) is not null
                then fold_name(p_patients[i.n]->>'name') end
      from generate_subscripts(p_slot_ids, 1) i(n) order by i.n);
  v_locked_ids uuid[] := '{}';
begin
  perform lock_patients(p_clinic_nos, v_names);
  if p_patient_ids is not null then
    v_locked_ids := array(
      select i.id from unnest(p_clinic_nos, p_patient_ids) i(clinic_no, id)
       where i.id is not null and pg_try_advisory_xact_lock(patient_lock(i.clinic_no, i.id::text)));
  end if;
  -- Its snapshot is from after the wait for the locks.
  return (
    with sought as materialized (
      select i.n, p_clinic_nos[i.n] as clinic_no, v_names[i.n] as name,
             case when f.keys is null then k.keys else array_remove(k.keys, 'name') end as keys,
             identity_keys(p_patients[i.n], p_account_ids[i.n]) || '{name}' as own_keys,
             f.keys as former_keys, s.during, s.taken, w.ids as record_ids,
             array(select l.booking_id from booking_patient l
                    where l.clinic_no = p_clinic_nos[i.n] and l.patient_id = any (w.ids)) as linked_ids
        from generate_subscripts(p_slot_ids, 1) i(n)
       cross join lateral (select sought_keys(p_known_by[i.n], p_patients[i.n], p_account_ids[i.n])) k(keys)
       cross join lateral (select case when fold_name((p_formers[i.n]).patient->>'name') = v_names[i.n]
                                       then identity_keys((p_formers[i.n]).patient,
                                                          (p_formers[i.n]).account_id) end) f(keys)
       cross join lateral (select tstzrange(t.starts_at, t.ends_at) as during, t.taken from slot t
                            where t.clinic_no = p_clinic_nos[i.n] and t.id = p_slot_ids[i.n] limit 1) s
       cross join lateral (
         select case when p_known_by[i.n] = 'clinic' and (p_formers[i.n]).id is null
                     then with_merged(p_clinic_nos[i.n], array[coalesce(p_patient_ids[i.n], (
                            select l.patient_id from booking_patient l
                             where l.clinic_no = p_clinic_nos[i.n] and l.booking_id = p_excepts[i.n]))])
                     else '{}' end as ids offset 0) w
       where v_names[i.n] is not null
    ), near as materialized (
      select distinct q.clinic_no, s.id, s.during
        from (select distinct t.clinic_no, t.during from sought t) q
       cross join lateral (select t.id, tstzrange(t.starts_at, t.ends_at) as during from slot t
                            where t.clinic_no = q.clinic_no and tstzrange(t.starts_at, t.ends_at) && q.during
                              and t.withdrawn_at is null and t.taken between 1 and 200 offset 0) s
    ), visit as materialized (
      select c.clinic_no, b.id, b.slot_id, b.created_at, fold_name(b.patient->>'name') as name,
             identity_keys(b.patient, b.account_id) || '{name}' as keys
        from (select s.clinic_no, array_agg(s.id) as slot_ids from near s group by s.clinic_no) c
       cross join lateral visits_of_slots(c.clinic_no, c.slot_ids, array(
               select distinct q.name from sought q where q.clinic_no = c.clinic_no), array(
               select l.id from sought q cross join lateral unnest(q.linked_ids) l(id)
                where q.clinic_no = c.clinic_no)) b
       where b.appointment_type <> 'case'
    )
    select array_agg(coalesce(
             'patient_booked:' || (select v.id from visit v
                                     join near s on s.clinic_no = v.clinic_no and s.id = v.slot_id
                                    where v.clinic_no = q.clinic_no and s.during && q.during
                                      and (v.name = q.name and v.keys && q.keys
                                             and (v.keys && q.former_keys) is not true
                                           or v.id = any (q.linked_ids))
                                      and v.id is distinct from p_excepts[i.n]
                                    order by v.created_at, v.id limit 1),
             'patient_booked:' || (select a.booking_id from allocation a
                                    where a.clinic_no = q.clinic_no and a.resource_id = any (q.record_ids)
                                      and a.during && q.during
                                    order by a.during limit 1),
             case when p_patient_ids[i.n] is not null and p_patient_ids[i.n] <> all (v_locked_ids) then 'retry' end,
             case when exists (select from sought e
                                where e.n < q.n and e.clinic_no = q.clinic_no and e.taken <= 200
                                  and coalesce(p_confirms[e.n], true) and e.during && q.during
                                  and (e.name = q.name and e.own_keys && q.keys
                                       or p_patient_ids[e.n] = p_patient_ids[q.n]))
                  then 'retry' end) order by i.n)
      from generate_subscripts(p_slot_ids, 1) i(n)
      left join sought q on q.n = i.n);
end
$function$;
