-- has_entry_access: the same as has_access, of an entry of a waitlist. For who has locked the entry, and with it its
-- manage token; a query judges by its snapshot.
--
-- p_access: as has_access; {"doctorId": …}: the doctor whom the entry waits for; {"email": …}: whoever has the link to
-- leave it, which was sent to the patient's address.
--
-- Locks: none. Fails: as has_access. Idempotent: yes.
create or replace function holdfast.has_entry_access(p_entry holdfast.waitlist_entry, p_access jsonb) returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
return case
  when p_access ? 'email' then coalesce(p_entry.patient->>'email' = p_access->>'email', false)
  else holdfast.has_access(
    jsonb_populate_record(null::holdfast.booking, jsonb_build_object(
      'clinic_no', p_entry.clinic_no, 'id', p_entry.id, 'account_id', p_entry.account_id,
      'resource_id', p_entry.resource_id)),
    p_access)
end;
