-- visit_at_once: the first appointment that a patient has in the clinic while a slot lasts, without the booking
-- p_except; null: none is known of. An appointment is CONFIRMED or ARRIVED. Cases are not among them.
--
-- p_name: the patient's, of fold_name. p_keys: sought_keys; null: nothing is looked up.
--
-- Slots with more than 200 units taken, such as a vaccination day's, are left out: every booking in the slots is
-- compared.
--
-- Internal. Locks: none; callers have lock_patients. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_at_once(
  p_clinic_no integer, p_slot_id uuid, p_name text, p_keys text[], p_except uuid
) returns uuid
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_slot_ids uuid[];
begin
  if p_keys is null then
    return null;
  end if;
  v_slot_ids := array(
    select s.id
      from slot w
      join slot s on s.clinic_no = w.clinic_no
                 and tstzrange(s.starts_at, s.ends_at) && tstzrange(w.starts_at, w.ends_at)
                 and s.withdrawn_at is null and s.taken between 1 and 200
     where w.clinic_no = p_clinic_no and w.id = p_slot_id);
  return (
    select b.id
      from visits_of_slots(p_clinic_no, v_slot_ids, p_name) b
     where b.appointment_type <> 'case' and b.id is distinct from p_except
       and p_keys && identity_keys(b.patient, b.account_id)
     order by b.created_at, b.id limit 1);
end
$function$;
