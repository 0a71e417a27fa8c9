-- first_waiting: who is the next to be offered a place of a slot: of those who wait for it and have no open offer, the
-- most urgent; among these, who has missed the fewest offers; among these, who joined first. null: nobody.
--
-- p_local: when the slot begins, in the clinic's local time. p_units: how many units are free; an entry that needs more
-- is passed over. An entry that was offered the slot before is not offered it again, unless the clinic withdrew that
-- offer; nor is an entry of a person who has a place there, or another entry with an offer of one (is_same_person).
-- p_there: the bookings of these persons (bookings_in_slot). Nor is an entry for which another place is free, which its
-- patient can book (can_book_elsewhere).
-- p_freed_ids: the slots whose places become free in this call: several that are free at once are for several entries.
-- p_channels: of channels_at_night; null: it is day.
-- p_is_far_ahead: the slot is beyond the clinic's booking horizon, so that only entries that a member of the clinic has
-- added are offered it.
-- p_passed_ids: entries that can book elsewhere, as was found for other slots of this call, and is found for this one:
-- so each is judged once, however many slots there are. After 100 of them, nobody is looked for.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.first_waiting(
  p_clinic_no integer, p_slot_id uuid, p_resource_id uuid, p_specialization text, p_local timestamp, p_units integer,
  p_is_far_ahead boolean, p_there holdfast.booking[], p_freed_ids uuid[], p_channels text[], p_at timestamptz,
  inout p_passed_ids uuid[], out entry_id uuid
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
declare
  c_passed_max constant integer := 100;
begin
  while cardinality(p_passed_ids) < c_passed_max loop
    entry_id := (
      select q.id
        from ((select e.id, e.urgency, e.missed, e.joined_at
                 from waitlist_entry e
                where e.clinic_no = p_clinic_no and e.resource_id = p_resource_id
                  and e.ended_at is null and e.offer_id is null
                  and (not p_is_far_ahead or e.joined_by is not null)
                  and e.units <= p_units and p_local::date between e.from_date and e.to_date
                  and (e.weekdays is null or date_part('isodow', p_local)::integer = any (e.weekdays))
                  and (e.time_from is null or p_local::time >= e.time_from)
                  and (e.time_to is null or p_local::time < e.time_to)
                  and (p_channels is null or e.patient ?| p_channels)
                  and not exists (select from waitlist_offer o where o.clinic_no = p_clinic_no and o.entry_id = e.id
                                                                 and o.slot_id = p_slot_id
                                                                 and o.outcome is distinct from 'withdrawn')
                  and not exists (select from unnest(p_there) b
                                   where is_same_person(e.patient, e.account_id, b.patient, b.account_id))
                  and e.id <> all (p_passed_ids)
                order by e.urgency desc, e.missed, e.joined_at, e.id limit 1)
              union all
              (select e.id, e.urgency, e.missed, e.joined_at
                 from waitlist_entry e
                where e.clinic_no = p_clinic_no and e.specialization = p_specialization
                  and e.ended_at is null and e.offer_id is null
                  and (not p_is_far_ahead or e.joined_by is not null)
                  and e.units <= p_units and p_local::date between e.from_date and e.to_date
                  and (e.weekdays is null or date_part('isodow', p_local)::integer = any (e.weekdays))
                  and (e.time_from is null or p_local::time >= e.time_from)
                  and (e.time_to is null or p_local::time < e.time_to)
                  and (p_channels is null or e.patient ?| p_channels)
                  and not exists (select from waitlist_offer o where o.clinic_no = p_clinic_no and o.entry_id = e.id
                                                                 and o.slot_id = p_slot_id
                                                                 and o.outcome is distinct from 'withdrawn')
                  and not exists (select from unnest(p_there) b
                                   where is_same_person(e.patient, e.account_id, b.patient, b.account_id))
                  and e.id <> all (p_passed_ids)
                order by e.urgency desc, e.missed, e.joined_at, e.id limit 1)) q
       order by q.urgency desc, q.missed, q.joined_at, q.id
       limit 1);
    exit when entry_id is null
           or not (select can_book_elsewhere(e, p_freed_ids, p_at) from waitlist_entry e
                    where e.clinic_no = p_clinic_no and e.id = entry_id);
    p_passed_ids := p_passed_ids || entry_id;
    entry_id := null;
  end loop;
end
$function$;
