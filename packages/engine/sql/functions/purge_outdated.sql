-- purge_outdated: deletes idempotency keys, stored responses and directory changes older than p_keep, and origins of
-- bookings older than 30 days, at most p_limit rows of each table, and returns how many it deleted. Call it again while
-- it returns p_limit or more: small transactions keep locks and WAL short.
--
-- Locks: the rows it deletes; rows that are locked by others are left for the next call.
-- Fails: 22023 for a p_keep of less than an hour (a retry under way would book twice), or a limit outside of
--   1–100,000.
-- Idempotent: yes.
create or replace function holdfast.purge_outdated(p_keep interval, p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_before timestamptz;
  v_keys bigint;
  v_responses bigint;
  v_changes bigint;
  v_origins bigint;
begin
  if p_keep is null or p_keep < interval '1 hour' then
    raise exception 'keys must be stored for at least an hour, not %', p_keep using errcode = 'invalid_parameter_value';
  end if;
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'the limit must be 1 to 100000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  v_before := clock_timestamp() - p_keep;
  delete from idempotency
   where (clinic_no, key) in (
     select clinic_no, key from idempotency where created_at < v_before limit p_limit for update skip locked);
  get diagnostics v_keys = row_count;
  delete from answer
   where key in (select key from answer where created_at < v_before limit p_limit for update skip locked);
  get diagnostics v_responses = row_count;
  delete from directory_change
   where (clinic_no, seq) in (
     select clinic_no, seq from directory_change where at < v_before limit p_limit for update skip locked);
  get diagnostics v_changes = row_count;
  delete from booking_origin
   where (clinic_no, subject, booking_id) in (
     select clinic_no, subject, booking_id from booking_origin where at < clock_timestamp() - interval '30 days'
      limit p_limit for update skip locked);
  get diagnostics v_origins = row_count;
  return v_keys + v_responses + v_changes + v_origins;
end
$$;
