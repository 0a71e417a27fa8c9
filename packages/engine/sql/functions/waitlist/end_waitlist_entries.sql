-- end_waitlist_entries: ends up to p_limit entries whose last day is past, without an open offer, and deletes the
-- origins of ended ones; not in moving_clinics. This only tidies up: such entries match no place any more. Returns the
-- ids of those that it ended.
--
-- Locks: the entries, skipping those that another session has locked.
-- Fails: never. The connection ends if its caller then sends nothing for a second: see join_waitlist.
-- Idempotent: yes.
create or replace function holdfast.end_waitlist_entries(p_limit integer) returns setof uuid
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_moving_nos constant integer[] := moving_clinics();
begin
  -- A patient who joins waits for what this transaction counts: see join_waitlist.
  perform set_config('idle_in_transaction_session_timeout', '1s', true);
  return query
  update waitlist_entry e set ended_at = v_now, end_reason = 'expired'
   where (e.clinic_no, e.id) in (
     select t.clinic_no, t.id
       from waitlist_entry t
       join clinic c on c.no = t.clinic_no
      where t.ended_at is null and t.offer_id is null and t.to_date < (v_now at time zone c.timezone)::date
        and t.clinic_no <> all (v_moving_nos)
      limit p_limit for update of t skip locked)
  returning e.id;
  delete from waitlist_origin o
   where (o.clinic_no, o.subject, o.entry_id) in (
     select t.clinic_no, t.subject, t.entry_id
       from waitlist_origin t
       join waitlist_entry e on e.clinic_no = t.clinic_no and e.id = t.entry_id
      where e.ended_at is not null and t.clinic_no <> all (v_moving_nos)
      limit p_limit for update of t skip locked);
end
$function$;
