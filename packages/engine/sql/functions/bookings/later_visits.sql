-- later_visits: the appointments that each of these people (is_same_person) has got since a time, of their doctor or
-- of a doctor with their specialization: what somebody has booked since. The people are parallel arrays of an id, the
-- time, the doctor, the specialization, the patient and the account; a doctor or a specialization may be null. p_only:
-- of this doctor only; null: of any. An appointment is CONFIRMED, ARRIVED or COMPLETED.
--
-- It looks among the clinic's newest bookings, v_bookings_max, and there among the newest appointments of these
-- doctors, v_visits_max, since the first of the times (visits_from): of a clinic that has got more since, those who
-- booked first may be missing. Who has got more than v_own_max, or is more than v_own_max of the people, is no person,
-- but what the desk enters for many, such as a name without a contact: none of them is returned.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.later_visits(
  p_clinic_no integer, p_ids uuid[], p_since timestamptz[], p_doctor_ids uuid[], p_specializations text[],
  p_patients jsonb[], p_account_ids uuid[], p_only uuid
) returns table (id uuid, visit_id uuid, resource_id uuid, units integer, starts_at timestamptz)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_bookings_max constant integer := 20000;
  v_visits_max constant integer := 5000;
  v_own_max constant integer := 100;
  v_from constant uuid := visits_from((select ids_from(min(since)) from unnest(p_since) since));
  v_doctors constant uuid[] := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'doctor' and (p_only is null or r.id = p_only)
       and (r.id = any (p_doctor_ids) or r.specialization = any (p_specializations)));
  -- An object, in which a key is found without comparing all of them.
  v_known constant jsonb := (
    select jsonb_object_agg(k.key, true)
      from unnest(p_patients, p_account_ids) l(patient, account_id)
     cross join lateral unnest(identity_keys(l.patient, l.account_id)) k(key));
begin
  if coalesce(cardinality(p_ids), 0) = 0 or cardinality(v_doctors) = 0 then
    return;
  end if;
  return query
  with visit as materialized (
    select n.id, n.slot_id, n.resource_id, n.units, n.patient, n.created_at,
           identity_keys(n.patient, n.account_id) as keys
      from (select t.id, t.slot_id, t.resource_id, t.units, t.status, t.appointment_type, t.patient,
                   t.account_id, t.created_at
              from booking t
             where t.clinic_no = p_clinic_no and t.id >= v_from
             order by t.id desc limit v_bookings_max) n
     where n.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED') and n.appointment_type <> 'case'
       and n.resource_id = any (v_doctors)
     order by n.id desc limit v_visits_max
  ), named as materialized (
    -- fold_name takes the most time: it is called for those alone whom a contact or an account makes possible.
    select v.id, v.slot_id, v.resource_id, v.units, v.keys, v.created_at, fold_name(v.patient->>'name') as name
      from visit v
     where v_known ?| v.keys
  ), person as materialized (
    select q.id, q.since, q.doctor_id, q.specialization, q.name, q.keys
      from (select e.id, e.since, e.doctor_id, e.specialization, e.name, e.keys,
                   count(*) over (partition by e.name, e.keys) as own
              from (select l.id, l.since, l.doctor_id, l.specialization, fold_name(l.patient->>'name') as name,
                           identity_keys(l.patient, l.account_id) as keys
                      from unnest(p_ids, p_since, p_doctor_ids, p_specializations, p_patients, p_account_ids)
                             l(id, since, doctor_id, specialization, patient, account_id) offset 0) e) q
     where q.own <= v_own_max
  ), possible as materialized (
    select n.id, n.resource_id, n.units, n.keys, n.created_at, n.name, s.starts_at, r.specialization
      from named n
     cross join lateral (select t.starts_at from slot t
                          where t.clinic_no = p_clinic_no and t.id = n.slot_id limit 1) s
     cross join lateral (select t.specialization from resource t
                          where t.clinic_no = p_clinic_no and t.id = n.resource_id limit 1) r
     where n.name in (select p.name from person p)
  )
  select p.id, m.id, m.resource_id, m.units, m.starts_at
    from person p
   cross join lateral (
     select o.id, o.resource_id, o.units, o.starts_at, count(*) over () as own
       from (select v.id, v.resource_id, v.units, v.starts_at
               from possible v
              -- is_same_person, of names and keys that are computed once.
              where v.name = p.name and v.keys && p.keys and v.created_at >= p.since
                and (v.resource_id = p.doctor_id or v.specialization = p.specialization)
              limit v_own_max + 1) o) m
   where m.own <= v_own_max;
end
$function$;
