-- slot_of_group: the slot of the group that has this visit type at this start of a session; null: there is none yet.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.slot_of_group(
  p_clinic_no integer, p_resource_id uuid, p_session_id uuid, p_visit_type_id uuid, p_starts_at timestamptz
) returns uuid
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select s.id from slot s
   where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.starts_at = p_starts_at
     and s.session_id = p_session_id and s.visit_type_id = p_visit_type_id and s.withdrawn_at is null
   limit 1
$function$;
