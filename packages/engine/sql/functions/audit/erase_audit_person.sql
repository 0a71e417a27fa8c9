-- erase_audit_person: erases an account from the rows of the security log: those that name it as the actor or the
-- subject keep their kind, time and details, and neither ids nor network. Their chains stay valid, because the hashes
-- cover a salted digest of what is erased, which is stored instead. Returns how many rows; call it again if rows of the
-- account were not sealed yet.
-- Internal: for the owner, because a thief of the application's login must not be able to erase their tracks.
-- Locks: the rows. Fails: never. Idempotent: yes.
create or replace function holdfast.erase_audit_person(p_account_id uuid) returns bigint
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_erased bigint;
begin
  update audit_event e
     set erased = audit_person(e), actor_id = null, subject_id = null, network = null, salt = ''
   where (e.actor_id = p_account_id or e.subject_id = p_account_id) and e.no is not null;
  get diagnostics v_erased = row_count;
  return v_erased;
end
$$;
