-- visit_at_once: the first appointment that a patient has in the clinic while a slot lasts, without the booking
-- p_except; null: none is known of. An appointment is CONFIRMED or ARRIVED. Cases are not among them.
--
-- p_known_by: how it is known who the patient is, which decides what is compared by is_same_person, and so what the
-- caller can find out about others:
--   clinic: whoever books is of the clinic: the name, the contacts and the account
--   account: only bookings of p_account_id in this name
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
  v_from uuid;
begin
  if coalesce(v_patient->>'name', '') = ''
     or (p_known_by <> 'clinic' and coalesce(v_patient->>'email', v_account_id::text) is null) then
    return null;
  end if;
  select array_agg(s.id), ids_from(min(least(s.oldest_booking_at, s.created_at))) into v_slot_ids, v_from
    from slot w
    join slot s on s.clinic_no = w.clinic_no and tstzrange(s.starts_at, s.ends_at) && tstzrange(w.starts_at, w.ends_at)
               and s.withdrawn_at is null and s.taken between 1 and 200
   where w.clinic_no = p_clinic_no and w.id = p_slot_id;
  return (
    select b.id
      from unnest(v_slot_ids) i(slot_id)
     cross join lateral (select t.id, t.patient, t.account_id, t.created_at from booking t
                          where t.clinic_no = p_clinic_no and t.slot_id = i.slot_id and t.id >= v_from
                            and t.status <> 'PENDING' and t.status in ('CONFIRMED', 'ARRIVED')
                            and t.appointment_type <> 'case' and t.id is distinct from p_except offset 0) b
     where is_same_person(v_patient, v_account_id, b.patient, b.account_id)
     order by b.created_at, b.id limit 1);
end
$function$;
