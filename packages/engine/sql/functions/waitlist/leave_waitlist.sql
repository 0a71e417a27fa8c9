-- leave_waitlist: ends an entry of a waitlist: p_reason is left (the patient left) or removed (by the clinic). Its
-- offer stays open, and is the caller's to decline: offer_id.
--
-- p_access: as has_entry_access.
--
-- Outcomes: ended | unchanged (it has ended before) | entry_missing (also without access)
-- Locks: the entry. Cannot deadlock: a transaction that has locked an entry never waits for a lock of this caller.
-- Fails: never. The connection ends if its caller then sends nothing for a second: see join_waitlist.
-- Idempotent: yes.
create or replace function holdfast.leave_waitlist(
  p_clinic_no integer, p_id uuid, p_reason text,
  p_access jsonb default null
) returns table (outcome text, offer_id uuid)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_entry waitlist_entry;
begin
  -- A change that frees a place offered to the entry waits for this transaction: see join_waitlist.
  perform set_config('idle_in_transaction_session_timeout', '1s', true);
  select e.* into v_entry
    from waitlist_entry e where e.clinic_no = p_clinic_no and e.id = p_id
     for no key update;
  -- A separate statement: it reads the token's epoch as it is under the lock.
  if v_entry.id is null or not has_entry_access(v_entry, p_access) then
    outcome := 'entry_missing';
  elsif v_entry.ended_at is not null then
    outcome := 'unchanged';
    offer_id := case when v_entry.end_reason <> 'accepted' then v_entry.offer_id end;
  else
    update waitlist_entry e set ended_at = clock_timestamp(), end_reason = p_reason
     where e.clinic_no = p_clinic_no and e.id = p_id;
    outcome := 'ended';
    offer_id := v_entry.offer_id;
  end if;
  return next;
end
$function$;
