-- waiting_before: how many come before an entry to which a place of a doctor is offered: those who wait for the same,
-- with the doctor or the specialization, without an open offer, and are passed over because the place does not suit
-- them. Who waits for another visit type could not be offered it.
--
-- p_today: the local day of the clinic. It reads what first_waiting has read on its way to the entry.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.waiting_before(
  p_entry holdfast.waitlist_entry, p_resource_id uuid, p_specialization text, p_today date
) returns integer
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
begin
  -- Each is one range of the index that has this order, which makes the planner choose that index without statistics.
  return (
    select count(*)
      from ((select e.id from waitlist_entry e
              where e.clinic_no = p_entry.clinic_no and e.resource_id = p_resource_id
                and e.visit_type_id is not distinct from p_entry.visit_type_id
                and e.ended_at is null and e.offer_id is null and e.to_date >= p_today and e.urgency > p_entry.urgency
              order by e.urgency desc, e.missed, e.joined_at, e.id)
            union all
            (select e.id from waitlist_entry e
              where e.clinic_no = p_entry.clinic_no and e.resource_id = p_resource_id
                and e.visit_type_id is not distinct from p_entry.visit_type_id
                and e.ended_at is null and e.offer_id is null and e.to_date >= p_today and e.urgency = p_entry.urgency
                and (e.missed, e.joined_at, e.id) < (p_entry.missed, p_entry.joined_at, p_entry.id)
              order by e.missed, e.joined_at, e.id)
            union all
            (select e.id from waitlist_entry e
              where e.clinic_no = p_entry.clinic_no and e.specialization = p_specialization
                and e.visit_type_id is not distinct from p_entry.visit_type_id
                and e.ended_at is null and e.offer_id is null and e.to_date >= p_today and e.urgency > p_entry.urgency
              order by e.urgency desc, e.missed, e.joined_at, e.id)
            union all
            (select e.id from waitlist_entry e
              where e.clinic_no = p_entry.clinic_no and e.specialization = p_specialization
                and e.visit_type_id is not distinct from p_entry.visit_type_id
                and e.ended_at is null and e.offer_id is null and e.to_date >= p_today and e.urgency = p_entry.urgency
                and (e.missed, e.joined_at, e.id) < (p_entry.missed, p_entry.joined_at, p_entry.id)
              order by e.missed, e.joined_at, e.id)) q);
end
$function$;
