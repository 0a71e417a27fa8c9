-- first_waiting: the entry that is offered a place of a slot next: among those that wait for it and have no open offer,
-- the most urgent; then the one with the fewest missed offers; then the first that joined. null: none.
--
-- p_local: when the slot begins, in the clinic's local time. p_units: how many units are free; an entry that needs more
-- is passed over. An entry that was offered the slot before is not offered it again, unless the clinic withdrew that
-- offer; nor is an entry of a person who has a place there, or another entry with an offer of one (is_same_person).
-- p_there: the bookings of these persons (bookings_in_slot). Nor is an entry for which another place is free, which its
-- patient can book (place_elsewhere).
-- p_visit_type_id: of the slot: only who waits for visits of this type is offered it; null: it is a fixed slot, which
-- is for entries without a type.
-- p_freed_ids: the slots whose places become free in this call: several that are free at once are for several entries.
-- p_channels: the result of channels_at_night; null: it is day.
-- p_is_of_desk: patients cannot book the slot (desk_only_times), so that only entries that a member of the clinic has
-- added are offered it.
-- p_passed_ids: entries that can book elsewhere, as was found for other slots of this transaction, and is found for
-- this one. After 1,000 of them, nobody is looked for.
-- p_free_of_doctor, p_free: free_places of the doctor, and of the specialization. They are read for the first entry
-- that is judged by them, and used for the others: to read slots for each entry took 30 ms for 30 doctors, under the
-- locks of the slot and the waitlist. null: not read yet.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.first_waiting(
  p_clinic_no integer, p_slot_id uuid, p_resource_id uuid, p_specialization text, p_local timestamp, p_units integer,
  p_visit_type_id uuid, p_is_of_desk boolean, p_there holdfast.booking[], p_freed_ids uuid[], p_channels text[],
  p_at timestamptz,
  inout p_passed_ids uuid[], inout p_free_of_doctor holdfast.slot[], inout p_free holdfast.slot[], out entry_id uuid
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
declare
  c_passed_max constant integer := 1000;
  v_entry waitlist_entry;
begin
  -- Each half is a range of an index that has this order; without its own order by, PostgreSQL sorts both.
  for v_entry in
    select e.*
      from ((select w.* from waitlist_entry w
              where w.clinic_no = p_clinic_no and w.resource_id = p_resource_id
                and w.ended_at is null and w.offer_id is null
              order by w.urgency desc, w.missed, w.joined_at, w.id)
             union all
            (select w.* from waitlist_entry w
              where w.clinic_no = p_clinic_no and w.specialization = p_specialization
                and w.ended_at is null and w.offer_id is null
              order by w.urgency desc, w.missed, w.joined_at, w.id)) e
     where (not p_is_of_desk or e.joined_by is not null)
       and e.visit_type_id is not distinct from p_visit_type_id and e.units <= p_units
       and p_local::date between e.from_date and e.to_date
       and (e.weekdays is null or date_part('isodow', p_local)::integer = any (e.weekdays))
       and (e.time_from is null or p_local::time >= e.time_from)
       and (e.time_to is null or p_local::time < e.time_to)
       and (p_channels is null or e.patient ?| p_channels)
       and not exists (select from waitlist_offer o where o.clinic_no = p_clinic_no and o.entry_id = e.id
                                                      and o.slot_id = p_slot_id
                                                      and o.outcome is distinct from 'withdrawn')
     order by e.urgency desc, e.missed, e.joined_at, e.id
  loop
    exit when cardinality(p_passed_ids) >= c_passed_max;
    -- Not in the query, which reads some rows ahead.
    continue when v_entry.id = any (p_passed_ids) or exists (
      select from unnest(p_there) b
       where is_same_person(v_entry.patient, v_entry.account_id, b.patient, b.account_id));
    if v_entry.resource_id is not null then
      p_free_of_doctor := coalesce(p_free_of_doctor,
                                   free_places(p_clinic_no, p_resource_id, null, p_freed_ids, p_at, p_visit_type_id));
    else
      p_free := coalesce(p_free, free_places(p_clinic_no, null, p_specialization, p_freed_ids, p_at,
                                             p_visit_type_id));
    end if;
    if place_elsewhere(v_entry, case when v_entry.resource_id is null then p_free else p_free_of_doctor end,
                       null, p_at) is null then
      entry_id := v_entry.id;
      return;
    end if;
    p_passed_ids := p_passed_ids || v_entry.id;
  end loop;
end
$function$;
