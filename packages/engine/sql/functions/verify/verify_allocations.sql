-- verify_allocations: rebuilds what every case of a clinic takes from its events, and compares; recounts units that are
-- taken twice; and compares cases with their bookings.
--
-- Findings: allocations_differ (a live case takes something else than its last event says, or less than its plan needs,
--   or an ended one takes anything; the index of the exclusion constraint lacks one; a case that is not over has a unit
--   beyond those that there are) | allocation_overlap (two cases have one unit at the same time, or one room or person
--   in their plans; more units of equipment are taken at a time to come than there are; a doctor has a case and a
--   clinic slot) | case_differs (a booking of type `case` without its case, or the other way round; its units are not
--   the minutes with turnover, or its slot is not of the case's room; it ended after its patient was in the room; its
--   milestones, its expected end or its overridden rules are not those in its log; what it is does not have its digest;
--   a request of the waitlist that names a case of another request, or not its live case, or as bumped one that was
--   not, or is withdrawn and has a live case; a milestone, a block or a patient that belongs to nothing; a time of a
--   room without its block).
-- A case that ended, or was expected to end, before its planned end may take less than its plan from then on, and fewer
-- minutes, even if that end is corrected later, because other cases may have taken the rest. One that ended before its
-- planned start still names all that it needs. A lapsed hold takes what it took until it is given back; this is not
-- reported. Overlaps of years of cases are found by their order in time: something overlaps one before it exactly if it
-- begins before the latest end of those. Only such ones are compared with others.
--
-- Internal: called by verify_clinic.
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_allocations(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
as $function$
  with placed as materialized (
    -- A case by case_id: cases are few beside appointments, and each has its events by the primary key.
    select c.*, b.id as row_id, b.slot_id, b.resource_id, b.units, b.status, b.failure_reason,
           b.appointment_type,
           hold_seems_lapsed(b.status, b.hold_expires_at, clock_timestamp()) as is_lapsed
      from theatre_case c
      left join booking b on b.clinic_no = c.clinic_no and b.id = c.booking_id
     where c.clinic_no = p_clinic_no
  ), logged as (
    select p.booking_id, p.slot_id, p.status,
           case when p.status in ('FAILED', 'CANCELLED') then '[]'
                else coalesce((select e.case_details->'allocations' from booking_event e
                                where e.clinic_no = p_clinic_no and e.booking_id = p.booking_id
                                  and e.case_details ? 'allocations'
                                order by e.version desc limit 1), '[]') end as allocations
      from placed p where p.row_id is not null
  ), recorded as materialized (
    -- at: null: the milestone was removed.
    select p.booking_id, p.slot_id, e.version, e.case_details->>'milestone' as milestone,
           (e.case_details->>'at')::timestamptz as at
      from placed p
      join booking_event e on e.clinic_no = p_clinic_no and e.booking_id = p.booking_id and e.type = 'milestone'
  ), reached as (
    -- The last entry of each milestone in the log.
    select distinct on (r.booking_id, r.milestone) r.booking_id, r.slot_id, r.milestone, r.at
      from recorded r
     order by r.booking_id, r.milestone, r.version desc
  ), got_place as materialized (
    -- The event with which a case got its place: its claim, or its last move.
    select distinct on (p.booking_id) p.booking_id, e.version, e.at, e.case_details->'override' as override
      from placed p
      join booking_event e on e.clinic_no = p_clinic_no and e.booking_id = p.booking_id
                          and e.type in ('held', 'confirmed', 'moved') and e.case_details ? 'allocations'
                          and not e.case_details ? 'relieved'
     order by p.booking_id, e.version desc
  ), joined as materialized (
    -- Who came to a running case, and when they came last. was_undone: since then, all of its milestones after the
    -- arrival were removed, so that it was not running: they have it from its planned start, as far as that was free.
    select g.booking_id, j.id::uuid as id, max(e.at) as at,
           exists (select from recorded r
                    where r.booking_id = g.booking_id and r.version > max(e.version) and r.at is null
                      and not exists (select from recorded o
                                       where o.booking_id = r.booking_id and o.version < r.version
                                         and o.milestone <> 'arrived' and o.at is not null
                                         and not exists (select from recorded l
                                                          where l.booking_id = o.booking_id
                                                            and l.milestone = o.milestone and l.at is null
                                                            and l.version > o.version and l.version <= r.version)))
             as was_undone
      from got_place g
      join booking_event e on e.clinic_no = p_clinic_no and e.booking_id = g.booking_id and e.type = 'moved'
                          and e.version > g.version
     cross join lateral jsonb_array_elements_text(e.case_details->'relieved'->'joined') j(id)
     group by g.booking_id, j.id
  ), expected as materialized (
    -- The ends that were expected since then.
    select g.booking_id, e.version, (e.case_details->>'expectedEndsAt')::timestamptz as ends_at
      from got_place g
      join booking_event e on e.clinic_no = p_clinic_no and e.booking_id = g.booking_id
                          and e.type in ('prolonged', 'milestone', 'moved') and e.version >= g.version
                          and e.case_details ? 'expectedEndsAt'
  ), ended as materialized (
    -- The earliest end that was recorded or expected since a case got its place: from then on, others may have its
    -- resources.
    select q.booking_id, min(q.at) as at
      from (select r.booking_id, r.version, r.at from recorded r where r.milestone in ('out_of_room', 'cleaned')
            union all
            select x.booking_id, x.version, x.ends_at from expected x) q
      join got_place g on g.booking_id = q.booking_id and q.version > g.version
     group by q.booking_id
  ), expected_last as (
    select distinct on (x.booking_id) x.booking_id, x.ends_at from expected x order by x.booking_id, x.version desc
  ), planned as materialized (
    -- Computed independently of case_needs, so that a bug there is found.
    select p.booking_id, p.slot_id, w.starts_at, least(p.ends_at, d.at) as ends_at,
           p.is_lapsed, n.*
      from placed p
      left join ended d on d.booking_id = p.booking_id
     cross join lateral (
       values ('room', p.room_id, 1), ('surgeon', p.surgeon_id, 1), ('anaesthetist', p.anaesthetist_id, 1),
              ('patient', p.patient_id, 1)
       union all
       select 'staff', s.id, 1 from unnest(p.staff_ids) s(id)
       union all
       select 'equipment', e."equipmentId", e.units
         from jsonb_to_recordset(p.equipment) e("equipmentId" uuid, units integer)) n(need, need_id, need_units)
      left join joined j on j.booking_id = p.booking_id and j.id = n.need_id
     cross join lateral (
       select case when j.at is null
                     or j.was_undone
                        and (j.at < p.starts_at
                             or exists (select from allocation a
                                         where a.clinic_no = p_clinic_no and a.booking_id = p.booking_id
                                           and a.resource_id = n.need_id
                                           and coalesce(lower(a.during), a.planned_at) = p.starts_at))
                   then p.starts_at else j.at end as starts_at) w
     where p.status not in ('FAILED', 'CANCELLED') and n.need_id is not null
  ), held as (
    select a.*, b.slot_id, hold_seems_lapsed(b.status, b.hold_expires_at, clock_timestamp()) as is_lapsed
      from allocation a
      left join booking b on b.clinic_no = a.clinic_no and b.id = a.booking_id
     where a.clinic_no = p_clinic_no
  ), planned_in_turn as materialized (
    select p.*, max(p.ends_at) over (partition by p.need_id order by p.starts_at, p.booking_id
                                     rows between unbounded preceding and 1 preceding) > p.starts_at as is_crowded
      from planned p
     where p.need <> 'equipment' and not p.is_lapsed and p.starts_at < p.ends_at
  ), held_in_turn as materialized (
    select h.*, max(upper(h.during)) over (partition by h.resource_id, h.unit_no order by lower(h.during), h.booking_id
                                           rows between unbounded preceding and 1 preceding)
                > lower(h.during) as is_crowded
      from held h
     where not isempty(h.during)
  ), used as materialized (
    -- Units of equipment to come, those in use from now on.
    select h.booking_id, h.slot_id, h.resource_id, greatest(lower(h.during), c.at) as starts_at,
           upper(h.during) as ends_at
      from held h, (select clock_timestamp() as at offset 0) c
     where h.kind = 'equipment' and h.is_lapsed is not true and upper(h.during) > c.at
  ), counted as (
    -- How many are in use when one begins: those that have begun by then, without those that have ended.
    select e.*, sum(e.change) over (partition by e.resource_id order by e.at) as units
      from (select u.booking_id, u.slot_id, u.resource_id, u.starts_at as at, 1 as change from used u
            union all
            select u.booking_id, u.slot_id, u.resource_id, u.ends_at, -1 from used u) e
  )
  select 'allocations_differ', p.slot_id, p.booking_id,
         format('its plan has %s %s, %s units, and it takes %s of them for that time', p.need, p.need_id, p.need_units,
                t.units)
    from planned p
   cross join lateral (select count(*) as units from allocation a
                        where a.clinic_no = p_clinic_no and a.booking_id = p.booking_id and a.resource_id = p.need_id
                          and a.kind = p.need
                          and (lower(a.during) = p.starts_at and upper(a.during) >= p.ends_at
                               or isempty(a.during) and a.planned_at = p.starts_at and p.ends_at <= p.starts_at)) t
   where t.units <> p.need_units
  union all
  select 'allocation_overlap', case when p.booking_id < l.booking_id then p.slot_id else l.slot_id end,
         least(p.booking_id, l.booking_id),
         format('%s %s is also in the plan of %s', case when p.booking_id < l.booking_id then p.need else l.need end,
                p.need_id, greatest(p.booking_id, l.booking_id))
    from planned_in_turn l
    join planned_in_turn p on p.need_id = l.need_id and p.booking_id <> l.booking_id and p.ends_at > l.starts_at
                          and (p.starts_at, p.booking_id) < (l.starts_at, l.booking_id)
   where l.is_crowded
  union all
  select 'allocations_differ', l.slot_id, l.booking_id,
         format('it is %s and takes %s, by its log %s', l.status, allocations_of(p_clinic_no, l.booking_id),
                l.allocations)
    from logged l
   where allocations_of(p_clinic_no, l.booking_id) <> l.allocations
  union all
  select 'allocations_differ', null, h.booking_id, format('%s %s is taken by no case', h.kind, h.resource_id)
    from held h
   -- Those of visits: verify_visits.
   where h.kind not in ('consulting_room', 'device')
     and not exists (select from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = h.booking_id)
  union all
  -- The exclusion constraint and claims see only what the index has: docs/decisions/0035.
  select 'allocations_differ', h.slot_id, h.booking_id,
         format('the index allocation_no_overlap does not have its %s %s, unit %s', h.kind, h.resource_id, h.unit_no)
    from held h
   where not isempty(h.during)
     and not is_indexed_allocation(p_clinic_no, h.booking_id, h.resource_id, h.unit_no, h.during)
  union all
  select 'allocation_overlap', case when h.booking_id < l.booking_id then h.slot_id else l.slot_id end,
         least(h.booking_id, l.booking_id),
         format('%s %s, unit %s, is also taken by %s', h.kind, h.resource_id, h.unit_no,
                greatest(h.booking_id, l.booking_id))
    from held_in_turn l
    join held_in_turn h on h.resource_id = l.resource_id and h.unit_no = l.unit_no and h.during && l.during
                       and (lower(h.during), h.booking_id) < (lower(l.during), l.booking_id)
   where l.is_crowded
  union all
  select 'allocation_overlap', t.slot_id, t.booking_id,
         format('equipment %s: %s units are taken at %s, and there are %s', r.id, t.units, t.at, r.units)
    from counted t
    join resource r on r.clinic_no = p_clinic_no and r.id = t.resource_id
   where t.change = 1 and t.units > r.units
  union all
  select 'allocations_differ', h.slot_id, h.booking_id,
         format('it takes unit %s of equipment %s, and there are %s', h.unit_no, h.resource_id, r.units)
    from held h
    join resource r on r.clinic_no = p_clinic_no and r.id = h.resource_id
   where h.kind = 'equipment' and h.is_lapsed is not true and upper(h.during) > clock_timestamp()
     and h.unit_no > r.units
  union all
  select 'allocation_overlap', s.id, h.booking_id, format('%s %s has this slot at the same time', h.kind, h.resource_id)
    from held h
    join slot s on s.clinic_no = p_clinic_no and s.resource_id = h.resource_id and takes_time(s)
               and tstzrange(s.starts_at, s.ends_at) && with_buffers(h.during) and time_of_slot(s) && h.during
   where h.is_lapsed is not true and h.kind in ('surgeon', 'anaesthetist', 'staff')
  union all
  select 'case_differs', p.slot_id, p.booking_id,
         case when p.row_id is null then 'it has no booking'
              when p.appointment_type <> 'case' then 'its booking is an appointment'
              when p.resource_id not in (r.id, r.open_time_id) then 'its slot is of another room'
              else format('it has %s units, and its minutes with turnover are %s', p.units,
                          extract(epoch from p.ends_at - p.starts_at) / 60 + p.turnover_minutes) end
    from placed p
    left join resource r on r.clinic_no = p_clinic_no and r.id = p.room_id
    left join ended d on d.booking_id = p.booking_id
   where p.row_id is null or p.appointment_type <> 'case' or p.resource_id not in (r.id, r.open_time_id)
      or p.units > extract(epoch from p.ends_at - p.starts_at) / 60 + p.turnover_minutes
      or p.units < extract(epoch from p.ends_at - p.starts_at) / 60 + p.turnover_minutes and d.at is null
  union all
  select 'case_differs', b.slot_id, b.id, 'its booking is of type case, and there is no case'
    from booking b
   where b.clinic_no = p_clinic_no and b.appointment_type = 'case'
     and not exists (select from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = b.id)
  union all
  select 'case_differs', p.slot_id, p.booking_id,
         format('it is %s, and has a milestone after its patient’s arrival', p.status)
    from placed p
   where p.status in ('FAILED', 'CANCELLED')
     and exists (select from case_milestone m
                  where m.clinic_no = p_clinic_no and m.booking_id = p.booking_id and m.milestone <> 'arrived')
  union all
  -- The milestones decide whether a case has begun (has_not_begun).
  select 'case_differs', r.slot_id, coalesce(r.booking_id, m.booking_id),
         format('its milestone %s is at %s, by its log %s', coalesce(r.milestone, m.milestone),
                coalesce(m.at::text, 'no time'), coalesce(r.at::text, 'no time'))
    from reached r
    full join (select t.* from case_milestone t
                where t.clinic_no = p_clinic_no
                  and exists (select from theatre_case c
                               where c.clinic_no = p_clinic_no and c.booking_id = t.booking_id)) m
      on m.booking_id = r.booking_id and m.milestone = r.milestone
   where m.at is distinct from r.at
  union all
  select 'case_differs', p.slot_id, p.booking_id,
         format('its end is expected at %s, by its log at %s', p.expected_ends_at, coalesce(x.ends_at, p.ends_at))
    from placed p
    join got_place g on g.booking_id = p.booking_id
    left join expected_last x on x.booking_id = p.booking_id
   where p.expected_ends_at <> coalesce(x.ends_at, p.ends_at)
  union all
  -- The message omits the override, whose reason may describe a patient.
  select 'case_differs', p.slot_id, p.booking_id, 'the rules that it overrides are not those in its log'
    from placed p
    join got_place g on g.booking_id = p.booking_id
   where jsonb_strip_nulls(p.override) is distinct from g.override
  union all
  select 'case_differs', p.slot_id, p.booking_id,
         'its room, times, team, equipment, patient, service, procedure, urgency or request were changed in the table'
    from placed p
   where p.digest is distinct from
         case_digest(p.booking_id, p.room_id, p.starts_at, p.ends_at, p.turnover_minutes, p.surgeon_id,
                     p.anaesthetist_id, p.staff_ids, p.equipment, p.patient_id, p.service, p.procedure_code,
                     p.procedure_display, p.urgency, p.request_id)
  union all
  -- A case without a request that was bumped, or ended with its block, got one, which names it.
  select 'case_differs', null, q.case_id, format('request %s names this case, which is not one of its cases', q.id)
    from case_request q
   where q.clinic_no = p_clinic_no and q.case_id is not null
     and not exists (select from placed p
                      where p.booking_id = q.case_id
                        and (p.request_id = q.id
                             or p.request_id is null
                                and (q.bumped_case_id = q.case_id or p.failure_reason = 'slot_withdrawn')))
  union all
  select 'case_differs', p.slot_id, p.booking_id, format('its request %s does not name it', p.request_id)
    from placed p
    left join case_request q on q.clinic_no = p_clinic_no and q.id = p.request_id
   where p.request_id is not null and p.status not in ('FAILED', 'CANCELLED') and p.is_lapsed is not true
     and q.case_id is distinct from p.booking_id
  union all
  select 'case_differs', p.slot_id, p.booking_id, format('its request %s is withdrawn', q.id)
    from placed p
    join case_request q on q.clinic_no = p_clinic_no and q.id = p.request_id and q.case_id = p.booking_id
   where q.withdrawn_at is not null and p.status not in ('FAILED', 'CANCELLED') and p.is_lapsed is not true
  union all
  select 'case_differs', null, q.bumped_case_id, format('request %s names it as bumped, which it was not', q.id)
    from case_request q
    left join placed p on p.booking_id = q.bumped_case_id
   where q.clinic_no = p_clinic_no and q.bumped_case_id is not null and p.failure_reason is distinct from 'bumped'
  union all
  select 'case_differs', null, m.booking_id, format('the milestone %s belongs to no case', m.milestone)
    from case_milestone m
   where m.clinic_no = p_clinic_no
     and not exists (select from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = m.booking_id)
  union all
  select 'case_differs', k.slot_id, null, 'it is a block, and the slot does not exist'
    from block k
   where k.clinic_no = p_clinic_no
     and not exists (select from slot s where s.clinic_no = p_clinic_no and s.id = k.slot_id)
  union all
  select 'case_differs', s.id, null, 'it is a time of an operating room, and there is no block'
    from resource r
    join slot s on s.clinic_no = p_clinic_no and s.resource_id = r.id
   where r.clinic_no = p_clinic_no and r.kind = 'operating_room'
     and not exists (select from block k where k.clinic_no = p_clinic_no and k.slot_id = s.id)
  union all
  select 'case_differs', null, c.booking_id, format('its patient %s does not exist', c.patient_id)
    from theatre_case c
   where c.clinic_no = p_clinic_no
     and not exists (select from patient t where t.clinic_no = p_clinic_no and t.id = c.patient_id)
$function$;
