-- purge_audit_events: deletes events of the security log older than p_keep and than the owner has said that they are
-- stored (audit_retention), at most p_limit of them, the oldest first, and returns how many it deleted. Call it again
-- while it returns p_limit.
--
-- Locks: the rows it deletes; rows that are locked by others are left for the next call.
-- Fails: 22023 for a p_keep of less than 28 days (a thief of the application's login must not be able to
--   erase their tracks), or a limit outside of 1–100,000.
-- Idempotent: yes.
create or replace function holdfast.purge_audit_events(p_keep interval, p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_deleted bigint;
begin
  if p_keep is null or p_keep < interval '28 days' then
    raise exception 'the security log must be stored for at least 28 days, not %', p_keep
      using errcode = 'invalid_parameter_value';
  end if;
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'the limit must be 1 to 100000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  delete from audit_event
   where (clinic_no, at, seq) in (
     select clinic_no, at, seq from audit_event
      where at < clock_timestamp() - greatest(p_keep, (select make_interval(months => r.months) from audit_retention r))
      order by at, seq limit p_limit for update skip locked);
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;
