-- visit_at_once: the first appointment that a patient has in the clinic while a slot lasts, without the booking
-- p_except; null: none is known of. An appointment is CONFIRMED or ARRIVED. Cases are not among them.
--
-- p_known_by: how it is known who the patient is, which decides what is compared by is_same_person, and so what the
-- caller can find out about others:
--   clinic: whoever books is of the clinic: the name, the contacts and the account
--   account: only bookings of p_account_id, the caller's, in this name
--   address: the patient has proven the e-mail address: only bookings with it, in this name
-- null: it is not known, and nothing is looked up.
--
-- Slots with more than 200 units taken, such as a vaccination day's, are left out: every booking in the slots is
-- compared.
--
-- Internal. Locks: none; callers have lock_patients. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_at_once(
  p_clinic_no integer, p_slot_id uuid, p_known_by text, p_patient jsonb, p_account_id uuid, p_except uuid
) returns uuid
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_patient constant jsonb := case p_known_by when 'clinic' then p_patient
                                              when 'account' then p_patient - array['email', 'phone']
                                              when 'address' then p_patient - array['phone'] end;
  v_account_id constant uuid := case when p_known_by in ('clinic', 'account') then p_account_id end;
  v_slot_ids uuid[];
begin
  if coalesce(v_patient->>'name', '') = ''
     or (p_known_by <> 'clinic' and coalesce(v_patient->>'email', v_account_id::text) is null) then
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
      from visits_of_slots(p_clinic_no, v_slot_ids) b
     where b.appointment_type <> 'case' and b.id is distinct from p_except
       and is_same_person(v_patient, v_account_id, b.patient, b.account_id)
     order by b.created_at, b.id limit 1);
end
$function$;
