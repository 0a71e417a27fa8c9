-- erase_waitlist_entries: removes what identifies the patient from entries of a waitlist, and ends those that are open.
-- What they waited for and were offered stays. An entry with an open offer ends too, so that it gets no other one, but
-- keeps the patient until that is closed, because its booking is not over: the caller declines it, and calls again.
-- Stored responses that name an erased entry are deleted, and the digest of the request that added it is replaced: its
-- key stays, so that a retry does not add the patient again.
-- Returns how many it erased.
--
-- Locks: the second lock of lock_waitlists, because offer_places locks entries in another order; then the entries.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_waitlist_entries(p_clinic_no integer, p_ids uuid[]) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Stored responses of a whole day are never read for it.
set enable_seqscan = off
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_ids uuid[];
  v_erased_ids uuid[];
begin
  if cardinality(p_ids) = 0 then
    return 0;
  end if;
  perform pg_advisory_xact_lock(1215261800, p_clinic_no);
  select array_agg(q.id) into v_ids
    from (select e.id from waitlist_entry e
           where e.clinic_no = p_clinic_no and e.id = any (p_ids) and e.erased_at is null
           order by e.id for update) q;
  update waitlist_entry e set ended_at = v_now, end_reason = 'removed'
   where e.clinic_no = p_clinic_no and e.id = any (v_ids) and e.ended_at is null;
  with erased as (
    update waitlist_entry e set patient = '{"name": ""}', account_id = null, erased_at = v_now
     where e.clinic_no = p_clinic_no and e.id = any (v_ids)
       and not exists (select from waitlist_offer o
                        where o.clinic_no = p_clinic_no and o.entry_id = e.id and o.outcome is null
                          and o.ends_at > v_now)
    returning e.id
  )
  select array_agg(r.id) into v_erased_ids from erased r;
  perform note_erasures(p_clinic_no, 'waitlist_entry', v_erased_ids);
  update answer a set request_hash = gen_random_uuid()
    where a.ids && v_erased_ids and a.body->>'kind' = 'joined';
  delete from answer a where a.ids && v_erased_ids and a.body->>'kind' is distinct from 'joined';
  delete from waitlist_origin o where o.clinic_no = p_clinic_no and o.entry_id = any (v_erased_ids);
  return coalesce(cardinality(v_erased_ids), 0);
end
$function$;
