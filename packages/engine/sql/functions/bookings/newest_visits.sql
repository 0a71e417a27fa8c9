-- newest_visits: of the clinic's 20,000 newest bookings with ids from p_from on, the 5,000 newest CONFIRMED, ARRIVED
-- and COMPLETED appointments of these doctors, each with the patient's name as fold_name has it: what somebody has
-- booked since. Of a clinic that has got more since, those who booked first may be missing. Of the last six months at
-- most, so that not too many months are locked: it is planned for those that it reads (docs/decisions/0011).
--
-- With 100 bookings to compare and 5,000 newer ones, all of one doctor, a call of booked_since_withdrawal took 0.4 s on
-- two cores with a load of 16, most of it for fold_name.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.newest_visits(p_clinic_no integer, p_from uuid, p_doctor_ids uuid[])
  returns table (id uuid, slot_id uuid, resource_id uuid, patient jsonb, account_id uuid, created_at timestamptz,
                 name text)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_from constant uuid := greatest(p_from, ids_from(statement_timestamp() - interval '6 months'));
begin
  return query
  with newest as materialized (
    select t.id, t.slot_id, t.resource_id, t.status, t.appointment_type, t.patient, t.account_id, t.created_at
      from booking t
     where t.clinic_no = p_clinic_no and t.id >= v_from
     order by t.id desc limit 20000
  ), visits as materialized (
    -- fold_name is what takes the time.
    select n.* from newest n
     where n.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED') and n.appointment_type <> 'case'
       and n.resource_id = any (p_doctor_ids)
     order by n.id desc limit 5000
  )
  select v.id, v.slot_id, v.resource_id, v.patient, v.account_id, v.created_at, fold_name(v.patient->>'name')
    from visits v;
end
$function$;
