-- expected_end: when a case is expected to end: at the end of its plan; once its patient is in the room, its minutes
-- after that; or when somebody said (prolong_case), until it gets another plan. It is not before the end of its plan
-- while its patient is not in the room, and what was said before that is not before its minutes have passed.
-- theatre_case.expected_ends_at stores it.
--
-- Internal.
-- Locks: none; the result is final under lock_case. Fails: never. Idempotent: yes.
create or replace function holdfast.expected_end(p_case holdfast.theatre_case) returns timestamptz
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_minutes constant interval := p_case.ends_at - p_case.starts_at;
  v_begun_at constant timestamptz := (
    select m.at from case_milestone m
     where m.clinic_no = p_case.clinic_no and m.booking_id = p_case.booking_id and m.milestone = 'in_room');
  -- In full minutes, as people say times.
  v_by_minutes constant timestamptz := date_trunc('minute', v_begun_at + v_minutes + interval '59.999999 seconds');
  v_said timestamptz; v_said_in integer; -- The version that the booking got then.
  v_begun_in integer;
begin
  -- The first row is the last time that the end was said, or the last move, which says it if it is kept.
  select e.version, (e.case_details->>'expectedEndsAt')::timestamptz into v_said_in, v_said
    from events_of_old_booking(p_case.clinic_no, p_case.booking_id) e
   where e.type = 'prolonged' and e.case_details ? 'expectedEndsAt'
      or e.type = 'moved' and not e.case_details ? 'relieved'
   order by e.version desc limit 1;
  -- Since when in_room is recorded, whatever its time was then; null: it is being recorded now.
  select min(e.version) filter (where e.at is not null and e.version > coalesce(e.removed_in, 0)) into v_begun_in
    from (select m.version, m.case_details->>'at' as at,
                 max(m.version) filter (where m.case_details->>'at' is null) over () as removed_in
            from events_of_old_booking(p_case.clinic_no, p_case.booking_id) m
           where m.type = 'milestone' and m.case_details->>'milestone' = 'in_room') e;
  -- greatest ignores nulls.
  if v_begun_at is null then
    return greatest(v_said, p_case.ends_at);
  elsif v_said is not null and v_said_in > v_begun_in then
    return v_said;
  end if;
  return greatest(v_said, v_by_minutes);
end
$function$;
