-- old_visits_of_slots: those of visits_of_slots whose ids are lower than recent_ids, from p_from on.
--
-- It reads eight months at a time, planned for these, and gives back the locks on their partitions and indexes: each
-- part is a subtransaction that is rolled back, and only its variable is left. With the locks of all months since a
-- slot was created, which may be more than 24 months ago, a transaction held more than a server grants (decision 0011).
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_visits_of_slots(
  p_clinic_no integer, p_slot_ids uuid[], p_names text[], p_ids uuid[], p_from uuid
) returns holdfast.booking[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_until constant uuid := recent_ids();
  v_from uuid := p_from;
  v_to uuid;
  v_part booking[];
  v_visits booking[] := '{}';
begin
  while v_from < v_until loop
    v_to := least(v_until, id_floor((id_month(v_from) + interval '8 months') at time zone 'UTC'));
    begin
      v_part := array(
        select b from booking b
         where b.clinic_no = p_clinic_no and b.slot_id = any (p_slot_ids) and b.id >= v_from and b.id < v_to
           and b.status in ('CONFIRMED', 'ARRIVED')
           and (p_names is null or fold_name(b.patient->>'name') = any (p_names) or b.id = any (p_ids)));
      raise sqlstate 'HF001';
    exception
      when sqlstate 'HF001' then null;
    end;
    v_visits := v_visits || v_part;
    v_from := v_to;
  end loop;
  return v_visits;
end
$function$;
