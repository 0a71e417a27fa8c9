-- purge_outdated: deletes idempotency keys, stored responses and directory changes older than 24 hours, origins of
-- bookings and deliveries of webhooks older than 30 days, late events older than 93 days (bound_recent_log), messages
-- older than their clinic's message_days, closures that were over a year ago or removed 30 days ago, counts of
-- messages older than a day, the list of erasures older than 60 days (backups have it), and what jobs, messages and
-- consumers last did if that is a week ago (they were switched off, or renamed; not that messages fail, which may be
-- sent seldom), and API keys that were deleted or have expired as long ago as the security log is stored
-- (audit_retention), and that it does not name any more; at most p_limit rows of each table. It returns how many it
-- deleted. Call it again while it returns p_limit or more: small transactions keep locks and WAL short.
--
-- Keys and origins are found by the index of their bookings, whose ids have a time: those of a server whose clock was
-- ahead (ids_from) stay as much longer.
--
-- Locks: the rows it deletes; rows that are locked by others are left for the next call.
-- Fails: 22023 for a limit outside of 1–100,000.
-- Idempotent: yes.
create or replace function holdfast.purge_outdated(p_limit integer) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_before constant timestamptz := clock_timestamp() - interval '24 hours';
  v_moving_nos constant integer[] := moving_clinics();
  v_origins_before timestamptz := clock_timestamp() - interval '30 days';
  v_keys bigint;
  v_responses bigint;
  v_changes bigint;
  v_origins bigint;
  v_late bigint;
  v_messages bigint;
  v_erasures bigint;
  v_budgets bigint;
  v_deliveries bigint;
  v_work bigint;
  v_closures bigint;
  v_api_keys bigint;
begin
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'the limit must be 1 to 100000, not %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  delete from idempotency
   where (clinic_no, key) in (
     select clinic_no, key from idempotency
      where booking_id < id_floor(v_before) and created_at < v_before and clinic_no <> all (v_moving_nos)
      order by booking_id limit p_limit for update skip locked);
  get diagnostics v_keys = row_count;
  delete from answer
   where key in (select key from answer where created_at < v_before limit p_limit for update skip locked);
  get diagnostics v_responses = row_count;
  delete from directory_change
   where (clinic_no, seq) in (
     select clinic_no, seq from directory_change where at < v_before and clinic_no <> all (v_moving_nos)
      limit p_limit for update skip locked);
  get diagnostics v_changes = row_count;
  delete from booking_origin
   where (clinic_no, subject, booking_id) in (
     select clinic_no, subject, booking_id from booking_origin
      where booking_id < id_floor(v_origins_before) and at < v_origins_before and clinic_no <> all (v_moving_nos)
      order by booking_id limit p_limit for update skip locked);
  get diagnostics v_origins = row_count;
  delete from late_event
   where (clinic_no, booking_id, version) in (
     select clinic_no, booking_id, version from late_event
      where at < clock_timestamp() - interval '93 days' and clinic_no <> all (v_moving_nos)
      limit p_limit for update skip locked);
  get diagnostics v_late = row_count;
  delete from message
   where (clinic_no, id) in (
     select m.clinic_no, m.id
       from clinic c
      cross join lateral (
        select t.clinic_no, t.id from message t
         where t.clinic_no = c.no and t.created_at < clock_timestamp() - make_interval(days => c.message_days)
           and t.state <> 'due'
         order by t.created_at limit p_limit for update skip locked) m
      where c.no <> all (v_moving_nos)
      limit p_limit);
  get diagnostics v_messages = row_count;
  delete from erasure
   where (clinic_no, kind, id) in (
     select clinic_no, kind, id from erasure
      where erased_at < clock_timestamp() - interval '60 days' and clinic_no <> all (v_moving_nos)
      order by erased_at limit p_limit for update skip locked);
  get diagnostics v_erasures = row_count;
  delete from message_budget
   where (clinic_no, recipient) in (
     select clinic_no, recipient from message_budget
      where since < clock_timestamp() - interval '1 day' and clinic_no <> all (v_moving_nos)
      limit p_limit for update skip locked);
  get diagnostics v_budgets = row_count;
  delete from webhook_delivery
   where (clinic_no, id) in (
     select clinic_no, id from webhook_delivery
      where created_at < clock_timestamp() - interval '30 days' and clinic_no <> all (v_moving_nos)
      limit p_limit for update skip locked);
  get diagnostics v_deliveries = row_count;
  delete from work_result
   where (kind, name) in (
     select kind, name from work_result
      where coalesce(greatest(succeeded_at, failed_at), '-infinity') < clock_timestamp() - interval '7 days'
        and not (kind = 'message' and failures > 0)
      limit p_limit for update skip locked);
  get diagnostics v_work = row_count;
  delete from closure
   where (clinic_no, id) in (
     select clinic_no, id from closure
      where applied_at is not null and clinic_no <> all (v_moving_nos)
        and (removed_at < clock_timestamp() - interval '30 days'
             or not yearly and ends_at < localtimestamp - interval '1 year')
      limit p_limit for update skip locked);
  get diagnostics v_closures = row_count;
  -- The application may set when a key ended, but does not decide what the log has.
  delete from api_key
   where (clinic_no, id) in (
     select k.clinic_no, k.id from api_key k
      where k.clinic_no <> all (v_moving_nos)
        and coalesce(k.ended_at, k.expires_at)
            < clock_timestamp() - (select make_interval(months => r.months) from audit_retention r)
        and not exists (select from audit_event e where e.actor_id = k.id)
      limit p_limit for update skip locked);
  get diagnostics v_api_keys = row_count;
  return v_erasures + v_keys + v_responses + v_changes + v_origins + v_late + v_messages + v_budgets + v_deliveries
         + v_work + v_closures + v_api_keys;
end
$$;
