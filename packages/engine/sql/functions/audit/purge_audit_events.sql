-- purge_audit_events: deletes events of the security log older than p_months and than the owner has said that they are
-- stored (audit_retention), at most p_limit of them, the oldest first, and returns how many it deleted. Call it again
-- while it returns p_limit.
--
-- A thief of the application's login must not be able to erase their tracks, so it takes no interval: '-1200 months
-- 36400 days' counts as more than 28 days when it is compared, and ends in the future when it is subtracted.
--
-- Locks: the rows it deletes; rows that are locked by others are left for the next call.
-- Fails: 22023 for p_months outside of 1–1,200 or a limit outside of 1–100,000.
-- Idempotent: yes.
create or replace function holdfast.purge_audit_events(p_months integer, p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_deleted bigint;
begin
  if p_months is null or p_months not between 1 and 1200 then
    raise exception 'the security log must be stored for 1 to 1200 months, not %', p_months
      using errcode = 'invalid_parameter_value';
  end if;
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'the limit must be 1 to 100000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  delete from audit_event
   where (clinic_no, at, seq) in (
     select clinic_no, at, seq from audit_event
      where at < clock_timestamp()
                 - make_interval(months => greatest(p_months, (select r.months from audit_retention r)))
      order by at, seq limit p_limit for update skip locked);
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;
