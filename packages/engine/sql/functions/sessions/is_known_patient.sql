-- is_known_patient: whether an account has had an appointment at a clinic. A guest is not known.
--
-- It reads the recent bookings, and then eight months at a time, the newest first, as old_visits_of_slots: planned for
-- these, and each part gives back its locks. All were created after the clinic (decision 0011).
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_known_patient(p_clinic_no integer, p_account_id uuid) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_oldest uuid;
  v_from uuid := recent_ids();
  v_to uuid;
  v_is_known boolean;
begin
  if p_account_id is null then
    return false;
  end if;
  v_is_known := exists (select from booking b
                         where b.account_id = p_account_id and b.clinic_no = p_clinic_no and b.id >= recent_ids()
                           and b.status in ('ARRIVED', 'COMPLETED') and b.appointment_type <> 'case');
  v_oldest := (select ids_from(c.created_at) from clinic c where c.no = p_clinic_no);
  while not v_is_known and v_from > v_oldest loop
    v_to := v_from;
    v_from := id_floor((id_month(v_to) - interval '8 months') at time zone 'UTC');
    begin
      v_is_known := exists (select from booking b
                             where b.account_id = p_account_id and b.clinic_no = p_clinic_no
                               and b.id >= v_from and b.id < v_to
                               and b.status in ('ARRIVED', 'COMPLETED') and b.appointment_type <> 'case');
      raise sqlstate 'HF001';
    exception
      when sqlstate 'HF001' then null;
    end;
  end loop;
  return v_is_known;
end
$function$;
