-- leave_waitlist: ends an entry of a waitlist: p_reason is left (the patient left) or removed (by the clinic). Its
-- offer stays open, and is the caller's to decline: offer_id.
--
-- Outcomes: ended | unchanged (it has ended before) | entry_missing
-- Locks: the entry. Cannot deadlock: a transaction that has locked an entry never waits for a lock of this caller.
-- Fails: never. The connection ends if its caller then sends nothing for a second: see join_waitlist.
-- Idempotent: yes.
create or replace function holdfast.leave_waitlist(p_clinic_no integer, p_id uuid, p_reason text)
  returns table (outcome text, offer_id uuid)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  -- A change that frees a place offered to the entry waits for this transaction: see join_waitlist.
  perform set_config('idle_in_transaction_session_timeout', '1s', true);
  update waitlist_entry e set ended_at = clock_timestamp(), end_reason = p_reason
   where e.clinic_no = p_clinic_no and e.id = p_id and e.ended_at is null
  returning 'ended', e.offer_id into outcome, offer_id;
  if not found then
    select 'unchanged', case when e.end_reason <> 'accepted' then e.offer_id end into outcome, offer_id
      from waitlist_entry e where e.clinic_no = p_clinic_no and e.id = p_id;
  end if;
  outcome := coalesce(outcome, 'entry_missing');
  return next;
end
$function$;
