-- place_elsewhere: the doctor of a place that fits an entry of the waitlist, is free, and that its patient can book
-- like everybody else: nothing is held for them meanwhile (first_waiting). null: there is none. Not a slot that the
-- entry has declined or let lapse, nor one in which the patient has a place, nor one that begins so soon that it would
-- not be offered.
--
-- Nobody but the clinic's people can book more units than the clinic allows (guest_units_max): for an entry of more,
-- there is no such place.
--
-- p_among: free_places of what the entry waits for; null: the slots are read. p_freed_ids: slots whose places become
-- free now, and are not counted; free_places has left them out.
--
-- p_by_desk: of a place that the clinic's people can book, of any number of units, and until the slot begins. The slots
-- are read.
--
-- If the slots are read, then of a doctor the 1,000 earliest that can be booked within the days of the entry: if all of
-- them are full, as where people wait, that takes about 1 ms. Later ones count as full.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.place_elsewhere(
  p_entry holdfast.waitlist_entry, p_among holdfast.slot[], p_freed_ids uuid[], p_at timestamptz,
  p_by_desk boolean default false
) returns uuid
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
begin
  if p_entry.visit_type_id is not null then
    p_among := coalesce(p_among, free_places(p_entry.clinic_no, p_entry.resource_id, p_entry.specialization,
                                             p_freed_ids, p_at, p_entry.visit_type_id, p_by_desk));
  end if;
  -- Each order chooses an index, as in free_places.
  return (
    select s.resource_id
      from clinic c
     cross join lateral (
       select greatest(p_at + case when p_by_desk then interval '0' else make_interval(
                         mins => greatest(c.waitlist_notice_minutes, c.minimum_notice_minutes)) end,
                       p_entry.from_date::timestamp at time zone c.timezone) as first,
              least(case when not p_by_desk and p_entry.visit_type_id is null
                         then p_at + make_interval(days => c.booking_horizon_days) end,
                    (p_entry.to_date + 1)::timestamp at time zone c.timezone - interval '1 microsecond') as last) t
     cross join lateral (
       (select a.*
          from (select d.id from resource d
                 where p_among is null and d.clinic_no = c.no and d.kind = 'doctor' and d.active
                   and (d.id = p_entry.resource_id or d.specialization = p_entry.specialization)
                 order by d.name, d.id) r
         cross join lateral (
           select o.* from slot o
            where o.clinic_no = c.no and (o.resource_id, o.starts_at) between (r.id, t.first) and (r.id, t.last)
            order by o.resource_id, o.starts_at limit 1000) a)
        union all
       (select a.* from unnest(p_among) a where a.starts_at between t.first and t.last)) s
     cross join lateral (select s.starts_at at time zone c.timezone as local) l
     where c.no = p_entry.clinic_no and (p_by_desk or p_entry.units <= c.guest_units_max)
       and s.withdrawn_at is null and s.blocked_at is null and s.session_id is null
       and s.capacity - s.taken >= p_entry.units
       and (p_entry.weekdays is null or date_part('isodow', l.local)::integer = any (p_entry.weekdays))
       and (p_entry.time_from is null or l.local::time >= p_entry.time_from)
       and (p_entry.time_to is null or l.local::time < p_entry.time_to)
       and (p_among is not null or s.id <> all (p_freed_ids))
       and not exists (select from waitlist_offer o where o.clinic_no = c.no and o.entry_id = p_entry.id
                                                      and o.slot_id = s.id and o.outcome is distinct from 'withdrawn')
       and (p_entry.visit_type_id is null
            or not exists (select from waitlist_offer o
                             join slot d on d.clinic_no = o.clinic_no and d.id = o.slot_id
                            where o.clinic_no = c.no and o.entry_id = p_entry.id
                              and d.resource_id = s.resource_id and d.starts_at = s.starts_at
                              and o.outcome is distinct from 'withdrawn'))
       and not exists (select from unnest(case when s.taken > 0 then bookings_in_slot(c.no, s.id) end) b
                        where is_same_person(p_entry.patient, p_entry.account_id, b.patient, b.account_id))
     limit 1);
end
$function$;
