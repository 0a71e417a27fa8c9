-- give_capacity: writes another capacity of a doctor's slot that the caller has locked.
--
-- Internal: the application's role may not execute it.
-- Locks: none further. Fails: check_violation below what is taken. Idempotent: yes.
create or replace function holdfast.give_capacity(p_clinic_no integer, p_slot_id uuid, p_capacity integer)
  returns void
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
update slot s
   set capacity = p_capacity,
       digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, p_capacity, s.withdrawn_at, s.blocked_at,
                            visit_of_slot(s))
 where s.clinic_no = p_clinic_no and s.id = p_slot_id and s.capacity <> p_capacity;
$function$;
