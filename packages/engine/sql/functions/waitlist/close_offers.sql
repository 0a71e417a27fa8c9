-- close_offers: records how offers of the waitlist ended, after the caller has changed their bookings. p_outcomes:
-- accepted | declined | lapsed | withdrawn; null: it did not end. An accepted offer ends its entry. An offer that
-- lapses is missed if a message about it was sent, or may have arrived: its entry moves behind all entries with fewer
-- missed offers, and after the third it ends. If nobody was notified, the entry keeps its place in the list. A booking
-- that is changed again later, such as an accepted one that is cancelled, is not an open offer, and nothing happens.
--
-- Internal: the application's role may not execute it.
-- Locks: the entries, by (clinic_no, id). The caller has locked the bookings, and nobody offers to an entry with an
--   open offer.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.close_offers(
  p_clinic_nos integer[], p_booking_ids uuid[], p_outcomes text[], p_ats timestamptz[]
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
as $function$
declare
  c_missed_max constant integer := 3;
begin
  -- In the order in which erase_waitlist_entries locks them.
  perform 1
     from waitlist_entry e
    where (e.clinic_no, e.id) in (select o.clinic_no, o.entry_id
                                    from unnest(p_clinic_nos, p_booking_ids) i(clinic_no, booking_id)
                                    join waitlist_offer o on o.clinic_no = i.clinic_no and o.booking_id = i.booking_id
                                   where o.outcome is null)
    order by e.clinic_no, e.id
      for no key update;
  with closed as (
    update waitlist_offer o
       set outcome = i.outcome, closed_at = i.at,
           notified = case when i.outcome = 'lapsed' then is_notified(o.clinic_no, o.booking_id) end
      from unnest(p_clinic_nos, p_booking_ids, p_outcomes, p_ats) i(clinic_no, booking_id, outcome, at)
     where o.clinic_no = i.clinic_no and o.booking_id = i.booking_id and o.outcome is null and i.outcome is not null
    returning o.clinic_no, o.entry_id, o.booking_id, o.outcome, o.closed_at, coalesce(o.notified, false) as is_missed
  )
  update waitlist_entry e
     set offer_id = case when c.outcome = 'accepted' then e.offer_id end,
         missed = e.missed + c.is_missed::integer,
         ended_at = case when c.outcome = 'accepted' or c.is_missed and e.missed + 1 >= c_missed_max
                         then coalesce(e.ended_at, c.closed_at) else e.ended_at end,
         end_reason = case when c.outcome = 'accepted' then 'accepted'
                           when c.is_missed and e.missed + 1 >= c_missed_max
                           then coalesce(e.end_reason, 'unanswered') else e.end_reason end
    from closed c
   where e.clinic_no = c.clinic_no and e.id = c.entry_id;
end
$function$;
