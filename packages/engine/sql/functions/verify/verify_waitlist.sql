-- verify_waitlist: checks a clinic's waitlist against its bookings and their log.
--
-- Findings: offer_differs (an open offer of an entry that is no live hold made for it, on the slot that was offered; a
--   hold for an entry that does not have it as its offer; an offer without the event `offered`, or with other times
--   or another outcome than its booking's log; an event without its offer; an entry that ended as accepted without an
--   accepted offer, or has one and did not end so, or not by then; one that is erased and has a patient, or the other
--   way round; a count of missed offers that is not that of the offers). Bookings that were archived are not compared.
-- Internal: called by verify_clinic.
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_waitlist(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
as $function$
  with offer as (
    select o.*, e.id is not null as has_entry, e.offer_id,
           b.id is not null as has_booking, b.status, b.failure_reason, b.waitlist_entry_id,
           b.units = e.units as has_units, b.slot_id as booked_slot_id
      from waitlist_offer o
      left join waitlist_entry e on e.clinic_no = o.clinic_no and e.id = o.entry_id
      left join booking b on b.clinic_no = o.clinic_no and b.id = o.booking_id
     where o.clinic_no = p_clinic_no
  ), first_event as (
    select l.booking_id, l.slot_id, l.waitlist_entry_id, l.at, l.hold_expires_at
      from booking_event l where l.clinic_no = p_clinic_no and l.type = 'offered'
  ), finding as (
    select o.slot_id, o.booking_id, case
        when not o.has_entry then format('it was offered to entry %s, which does not exist', o.entry_id)
        when o.outcome is null and o.offer_id is distinct from o.booking_id
          then format('it is on offer to entry %s, which does not have it', o.entry_id)
        when o.has_booking and o.waitlist_entry_id is distinct from o.entry_id
          then format('it was offered to entry %s, and is of another', o.entry_id)
        when o.has_booking and not o.has_units then format('its units are not those of entry %s', o.entry_id)
        when o.has_booking and l.waitlist_entry_id is distinct from o.entry_id
          then format('its log does not say that it was offered to entry %s', o.entry_id)
        when o.has_booking and l.slot_id <> o.slot_id then 'it was offered in another slot than its log says'
        when o.has_booking and (o.offered_at, o.ends_at) <> (l.at, l.hold_expires_at)
          then format('it was offered at %s until %s, by its log at %s until %s', o.offered_at, o.ends_at, l.at,
                      l.hold_expires_at)
        when o.has_booking and o.closed_at <> all (array(
               select e.at from booking_event e where e.clinic_no = p_clinic_no and e.booking_id = o.booking_id))
          then format('the offer was closed at %s, when nothing happened by its log', o.closed_at)
        when o.status = 'PENDING' and o.booked_slot_id <> o.slot_id then 'it holds another slot than was offered'
        when o.has_booking and o.outcome is distinct from case
               when o.status = 'PENDING' then null
               when o.status = 'FAILED' and o.failure_reason = 'hold_expired' then 'lapsed'
               when o.status = 'CANCELLED' and o.failure_reason = 'hold_released' then 'declined'
               -- Accepted, and withdrawn later.
               when o.status = 'FAILED' and o.outcome in ('accepted', 'withdrawn') then o.outcome
               when o.status = 'FAILED' then 'withdrawn'
               else 'accepted' end
          then format('the offer is %s, the booking %s', coalesce(o.outcome, 'open'), o.status)
      end as message
      from offer o
      left join first_event l on l.booking_id = o.booking_id
    union all
    select b.slot_id, b.id, 'it is a booking for an entry of the waitlist, and was not offered'
      from booking b
     where b.clinic_no = p_clinic_no and b.waitlist_entry_id is not null
       and not exists (select from waitlist_offer o where o.clinic_no = p_clinic_no and o.booking_id = b.id)
    union all
    select l.slot_id, l.booking_id, 'its log has an offer, and the waitlist has none'
      from first_event l
     where not exists (select from waitlist_offer o where o.clinic_no = p_clinic_no and o.booking_id = l.booking_id)
    union all
    select null, e.offer_id, 'entry ' || e.id || ': ' || f.message
      from waitlist_entry e
      left join (select o.entry_id, count(*) filter (where o.outcome = 'lapsed' and o.notified) as missed,
                        array_agg(o.booking_id) filter (where o.outcome is null) as open,
                        array_agg(o.booking_id) filter (where o.outcome = 'accepted') as accepted,
                        max(o.closed_at) filter (where o.outcome = 'accepted') as accepted_at
                   from offer o group by o.entry_id) q on q.entry_id = e.id
     cross join lateral (select case
        when e.missed <> coalesce(q.missed, 0)
          then format('%s offers were missed, %s are counted', coalesce(q.missed, 0), e.missed)
        when cardinality(q.open) > 1 then format('it has %s open offers', cardinality(q.open))
        when e.offer_id is not null and e.offer_id <> all (coalesce(q.open, '{}') || coalesce(q.accepted, '{}'))
          then 'its offer is neither open nor accepted'
        when e.end_reason = 'accepted' and q.accepted is null then 'it ended as accepted, and no offer was'
        when q.accepted is not null
             and (e.end_reason is distinct from 'accepted' or (e.offer_id = any (q.accepted)) is not true)
          then 'an offer was accepted, with which it did not end'
        when e.ended_at > q.accepted_at then format('it ended at %s, after it was accepted', e.ended_at)
        when (e.erased_at is not null) <> (e.patient = '{"name": ""}' and e.account_id is null)
          then 'it is erased and has a patient, or the other way round' end
        as message) f
     where e.clinic_no = p_clinic_no
  )
  select 'offer_differs', f.slot_id, f.booking_id, f.message from finding f where f.message is not null
$function$;
