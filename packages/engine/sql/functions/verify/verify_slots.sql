-- verify_slots: recounts every slot of a clinic from its bookings and lists those that differ.
--
-- Findings: overbooked (more units booked than its capacity) | taken_differs (taken is not the sum of its PENDING,
--   CONFIRMED, ARRIVED, COMPLETED and NO_SHOW bookings; a lapsed hold counts until it is given back) | next_lapse_late
--   (a hold ends before next_lapse, so that no claim would look for it) | older_booking (a booking is older than its
--   slot and than oldest_booking_at, so that a withdrawal would not look for it) | orphaned_booking (a booking on a
--   slot that doesn't exist, or with another resource than its slot's) | withdrawn_slot_booked (a withdrawn slot has
--   PENDING or CONFIRMED bookings, but for requests that hold nothing) | slot_differs (its resource, times, capacity,
--   withdrawal or block are not those of its digest; or it is not over and not withdrawn, and the index of the
--   exclusion constraint lacks it, or it overlaps another one of its resource: one before it, in the order of their
--   times, exactly if it begins before the latest end of those; the same for visits with their buffers).
--
-- Internal: called by verify_clinic.
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_slots(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
as $function$
  with counted as (
    select b.slot_id,
           sum(b.units) filter (where b.status in ('PENDING', 'CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')) as units,
           min(b.hold_expires_at) filter (where b.status = 'PENDING' and b.units > 0) as first_lapse,
           count(*) filter (where b.status = 'CONFIRMED' or b.status = 'PENDING' and b.units > 0) as live,
           min(b.created_at) as first_created_at
      from booking b
     where b.clinic_no = p_clinic_no
     group by b.slot_id
  ), recounted as (
    select s.id, s.capacity, s.taken, s.next_lapse, coalesce(c.units, 0) as units, c.first_lapse,
           case when s.withdrawn_at is not null then c.live else 0 end as live, d.differs,
           c.first_created_at, s.created_at, s.oldest_booking_at
      from slot s
      left join counted c on c.slot_id = s.id
     cross join lateral (
       select s.digest is distinct from slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity,
                                                    s.withdrawn_at, s.blocked_at,
                                                    visit_of_slot(s)) as differs) d
     where s.clinic_no = p_clinic_no
       and (coalesce(c.units, 0) <> s.taken or c.units > s.capacity
            or c.first_lapse < coalesce(s.next_lapse, 'infinity')
            or s.withdrawn_at is not null and c.live > 0
            or c.first_created_at < least(s.created_at, s.oldest_booking_at)
            or d.differs)
  ), ahead as materialized (
    select s.id, s.resource_id, s.starts_at, s.ends_at
      from slot s
     where s.clinic_no = p_clinic_no and s.withdrawn_at is null and s.ends_at > statement_timestamp()
  ), indexed as (
    select indexed_slots(p_clinic_no, r.resource_id, statement_timestamp()) as id
      from (select distinct a.resource_id from ahead a) r
  )
  select f.kind, r.id, null::uuid, f.message
    from recounted r
   cross join lateral (values
      ('overbooked', r.units > r.capacity, format('%s units are booked of %s', r.units, r.capacity)),
      ('taken_differs', r.units <> r.taken, format('taken is %s, its bookings have %s units', r.taken, r.units)),
      ('next_lapse_late', r.first_lapse < coalesce(r.next_lapse, 'infinity'),
       format('a hold ends at %s, next_lapse is %s', r.first_lapse, coalesce(r.next_lapse::text, 'not set'))),
      ('older_booking', r.first_created_at < least(r.created_at, r.oldest_booking_at),
       format('a booking was created at %s, and oldest_booking_at is %s', r.first_created_at,
              coalesce(r.oldest_booking_at::text, 'not set'))),
      ('withdrawn_slot_booked', r.live > 0, format('it is withdrawn, and live bookings in it: %s', r.live)),
      ('slot_differs', r.differs, 'its resource, times, capacity, withdrawal or block were changed in the table')
   ) f (kind, found, message)
   where f.found
  union all
  select 'orphaned_booking', b.slot_id, b.id,
         case when s.id is null then 'its slot does not exist' else 'its resource is not that of its slot' end
    from booking b
    left join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
   where b.clinic_no = p_clinic_no and s.resource_id is distinct from b.resource_id
  union all
  -- The exclusion constraint sees only what its index has: docs/decisions/0035.
  select 'slot_differs', s.id, null, 'the index slot_no_overlap does not have it'
    from ahead s
   where not exists (select from indexed i where i.id = s.id)
  union all
  select 'slot_differs', l.id, null, 'another slot of its resource is at the same time'
    from (select s.id, s.starts_at < max(s.ends_at) over (
                         partition by s.resource_id order by s.starts_at, s.id
                         rows between unbounded preceding and 1 preceding) as is_crowded
            from ahead s) l
   where l.is_crowded
  union all
  -- No constraint knows the buffers of visits.
  select 'slot_differs', l.id, null, 'its buffer, or that of another visit, is at the same time'
    from (select s.id, lower(time_of_slot(s)) < max(upper(time_of_slot(s))) over before as is_crowded,
                 s.starts_at < max(s.ends_at) over before as is_reported
            from slot s
           where s.clinic_no = p_clinic_no and takes_time(s) and s.ends_at > statement_timestamp()
          window before as (partition by s.resource_id order by s.starts_at, s.id
                            rows between unbounded preceding and 1 preceding)) l
   where l.is_crowded and l.is_reported is not true
$function$;
