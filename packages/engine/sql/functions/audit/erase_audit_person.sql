-- erase_audit_person: erases an account from the rows of the security log: those that name it as the actor or the
-- subject keep their kind, time and details, and neither ids nor network. Their chains stay valid, because the hashes
-- cover a salted digest of what is erased, which is stored instead.
-- An event `log_erased` says how many rows there were. Returns how many rows; call it again if rows of the
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
  with erased as (
    update audit_event e
       set erased = audit_person(e), actor_id = null, subject_id = null, network = null, salt = ''
     where (e.actor_id = p_account_id or e.subject_id = p_account_id) and e.no is not null
    returning e.clinic_no
  ), noted as (
    insert into audit_event (clinic_no, at, kind, count, actor_kind, details)
    select e.clinic_no, clock_timestamp(), 'log_erased', 1, 'system', array[count(*)::text]
      from erased e group by e.clinic_no
  )
  select count(*) into v_erased from erased;
  return v_erased;
end
$$;
