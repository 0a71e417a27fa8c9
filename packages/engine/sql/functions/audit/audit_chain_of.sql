-- audit_chain_of: locks the end of a clinic's chain of the security log and returns it. After a new epoch of the log,
-- as after a restore, a new chain begins, with a row that names the end of the chain before it.
-- Internal: called by seal_audit_events and purge_audit_events.
-- Locks: the clinic's row of audit_chain. Fails: never. Idempotent: yes.
create or replace function holdfast.audit_chain_of(p_clinic_no integer) returns holdfast.audit_chain
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  c_none constant bytea := decode(repeat('00', 32), 'hex');
  v_epoch constant bigint := coalesce((select max(e.no) from log_epoch e), 1);
  v_chain audit_chain;
begin
  insert into audit_chain (clinic_no, epoch, no, hash) values (p_clinic_no, v_epoch, 0, c_none) on conflict do nothing;
  select * into v_chain from audit_chain c where c.clinic_no = p_clinic_no for update;
  if v_chain.epoch < v_epoch then
    if v_chain.no > 0 then
      insert into audit_event (clinic_no, at, kind, count, actor_kind, details)
      values (p_clinic_no, clock_timestamp(), 'log_chain_begun', 1, 'system',
              array[v_chain.epoch::text, v_chain.no::text, encode(v_chain.hash, 'hex')]);
    end if;
    update audit_chain c set epoch = v_epoch, no = 0, hash = c_none, anchored_no = 0
     where c.clinic_no = p_clinic_no returning * into v_chain;
  end if;
  return v_chain;
end
$$;
