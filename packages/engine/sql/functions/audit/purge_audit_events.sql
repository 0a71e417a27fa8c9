-- purge_audit_events: deletes sealed events of the security log from before the day that is p_months ago, and older
-- than the owner has said that they are stored (audit_retention): at most p_limit, from the beginning of each chain.
-- Returns how many: call it again while it returns p_limit.
--
-- In place of what was deleted, the clinic's chain gets a row `log_purged` with the epoch, the number and the hash of
-- the last one, after which the rest of that chain can still be verified.
--
-- A thief of the application's login must not be able to erase their tracks, so it takes no interval: '-1200 months
-- 36400 days' counts as more than 28 days when it is compared, and ends in the future when it is subtracted.
--
-- Locks: the clinic's row of audit_chain; a clinic whose row is locked is left for the next run. Then the rows.
-- Fails: 22023 for p_months outside of 1–1,200 or a limit outside of 1–100,000.
-- Idempotent: yes.
create or replace function holdfast.purge_audit_events(p_months integer, p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_before timestamptz;
  v_chain record;
  v_last_no bigint;
  v_last_hash bytea;
  v_count bigint;
  v_deleted bigint := 0;
begin
  if p_months is null or p_months not between 1 and 1200 then
    raise exception 'the security log must be stored for 1 to 1200 months, not %', p_months
      using errcode = 'invalid_parameter_value';
  end if;
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'the limit must be 1 to 100000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  -- Once a day, so that there are few rows about what was deleted.
  v_before := date_trunc('day', clock_timestamp()
    - make_interval(months => greatest(p_months, (select r.months from audit_retention r))), 'UTC');
  for v_chain in
    select distinct q.clinic_no, q.epoch
      from (select e.clinic_no, e.epoch from audit_event e
             where e.at < v_before and e.no is not null order by e.at limit p_limit) q order by 1, 2
  loop
    exit when v_deleted >= p_limit;
    perform from audit_chain c where c.clinic_no = v_chain.clinic_no for update skip locked;
    continue when not found and exists (select from audit_chain c where c.clinic_no = v_chain.clinic_no);
    perform audit_chain_of(v_chain.clinic_no);
    -- The rows up to the first that stays.
    with first as (
      select e.* from audit_event e where e.clinic_no = v_chain.clinic_no and e.epoch = v_chain.epoch
       order by e.no limit p_limit - v_deleted
    ), deleted as (
      delete from audit_event e using first f
       where e.clinic_no = v_chain.clinic_no and e.epoch = v_chain.epoch and e.no = f.no
         and f.no < all (select s.no from first s where s.at >= v_before)
      returning e.no, e.hash
    )
    select max(d.no), (array_agg(d.hash order by d.no desc))[1], count(*) into v_last_no, v_last_hash, v_count
      from deleted d;
    continue when v_count = 0;
    insert into audit_event (clinic_no, at, kind, count, actor_kind, details)
    values (v_chain.clinic_no, clock_timestamp(), 'log_purged', 1, 'system',
            array[v_chain.epoch::text, v_last_no::text, encode(v_last_hash, 'hex')]);
    v_deleted := v_deleted + v_count;
  end loop;
  return v_deleted;
end
$$;
