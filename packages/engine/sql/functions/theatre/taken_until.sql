-- taken_until: until when a case needs a resource that it has, whether or not that is free for so long: until its
-- patient is out of the room or, before that is recorded, until its expected end. Then the room is cleaned for its
-- turnover, or until `cleaned` if that is recorded, and equipment is reprocessed. The projections of the
-- contract have the same rule (`takenUntil` and `releasedAt` of case-state.ts).
--
-- p_reprocessing_minutes: those of the resource, if it is equipment.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.taken_until(
  p_kind text, p_case holdfast.theatre_case, p_reprocessing_minutes integer
) returns timestamptz
language sql stable
return (
  select case when p_kind = 'room' and m.cleaned_at is not null then m.cleaned_at
              else coalesce(m.out_at, m.cleaned_at, (p_case).expected_ends_at)
                   + make_interval(mins => case p_kind when 'room' then (p_case).turnover_minutes
                                                       when 'equipment' then p_reprocessing_minutes else 0 end) end
    from (select max(m.at) filter (where m.milestone = 'out_of_room') as out_at,
                 max(m.at) filter (where m.milestone = 'cleaned') as cleaned_at
            from holdfast.case_milestone m
           where m.clinic_no = (p_case).clinic_no and m.booking_id = (p_case).booking_id) m);
