-- seal_audit_events: numbers rows of the security log that have no number, and chains them by hashes: at most p_limit,
-- by clinic, in the order of their times. Returns how many: call it again while it returns p_limit.
--
-- Rows get their numbers here, and not when they are added, so that neither a reader nor a booking waits for the chain
-- of its clinic. What somebody with the owner's rights changes in the minute before is not found.
-- Locks: the clinics' rows of audit_chain, in their order, and the rows. Fails: 22023 for a limit outside of 1–10,000.
-- Idempotent: yes.
create or replace function holdfast.seal_audit_events(p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_clinic_no integer;
  v_chain audit_chain;
  v_event audit_event;
  v_sealed bigint := 0;
begin
  if p_limit is null or p_limit not between 1 and 10000 then
    raise exception 'the limit must be 1 to 10000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  -- Restored or restarted: the end of each former chain is noted, also if nothing is recorded for long.
  for v_clinic_no in
    select h.clinic_no from audit_chain h
     where h.no > 0 and h.epoch < (select max(e.no) from log_epoch e)
       and (h.clinic_no = 0 or exists (select from clinic c where c.no = h.clinic_no))
     order by h.clinic_no limit p_limit
  loop
    perform audit_chain_of(v_clinic_no);
  end loop;
  for v_clinic_no in
    select distinct q.clinic_no
      from (select e.clinic_no from audit_event e where e.no is null order by e.clinic_no limit p_limit) q order by 1
  loop
    v_chain := audit_chain_of(v_clinic_no);
    for v_event in
      select * from audit_event e where e.clinic_no = v_clinic_no and e.no is null
       order by e.at, e.seq limit p_limit - v_sealed for update
    loop
      v_chain.no := v_chain.no + 1;
      v_event.epoch := v_chain.epoch;
      v_event.no := v_chain.no;
      v_event.salt := uuid_send(gen_random_uuid());
      v_event.hash := audit_hash(v_event, v_chain.hash);
      v_chain.hash := v_event.hash;
      update audit_event e
         set epoch = v_event.epoch, no = v_event.no, salt = v_event.salt, hash = v_event.hash
       where e.clinic_no = v_event.clinic_no and e.at = v_event.at and e.seq = v_event.seq;
      v_sealed := v_sealed + 1;
    end loop;
    update audit_chain c set no = v_chain.no, hash = v_chain.hash, sealed_at = clock_timestamp()
     where c.clinic_no = v_clinic_no;
    exit when v_sealed >= p_limit;
  end loop;
  return v_sealed;
end
$$;
