-- create_sessions: opens sessions of a doctor, one per element of the arrays. Returns one row per element, by its place
-- `ord` in the arrays.
--
-- Outcomes: created | skipped (the same session exists, or it has ended; session_id: the one that exists) | conflict
-- (it
--   overlaps another session of the doctor, session_id, or one before it in the arrays).
-- The only row is visit_type_missing, and nothing is written, if one of p_visit_type_ids does not exist.
-- Slots, cases and busy times in a session are no conflict: visits are booked around them.
-- p_visit_type_ids: which visit types are booked in them; null: all that the doctor offers.
-- p_band, p_day: the band of working hours that opens them; null: a person does.
-- Locks: the clinic (FOR SHARE: a change of its time zone counts what is created, or waits); the doctor.
-- Fails: no_data_found for a doctor that does not exist; 22023 for more than 1,000 sessions, or arrays of different
--   lengths; check_violation for a session that is empty or longer than 25 hours, a grid outside of 1–240 minutes or an
--   id of another clinic.
-- Idempotent: yes; sessions that exist are skipped.
create or replace function holdfast.create_sessions(
  p_clinic_no integer, p_resource_id uuid, p_ids uuid[], p_starts timestamptz[], p_ends timestamptz[],
  p_grid_minutes integer, p_visit_type_ids uuid[], p_band uuid default null, p_day date default null
) returns table (ord integer, outcome text, session_id uuid, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
#variable_conflict use_column
declare
  v_item record;
  v_found open_session;
begin
  if cardinality(p_ids) not between 1 and 1000
     or array[cardinality(p_starts), cardinality(p_ends)] <> array_fill(cardinality(p_ids), array[2]) then
    raise exception 'sessions come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  perform 1 from clinic c where c.no = p_clinic_no for share;
  perform 1 from resource r
    where r.clinic_no = p_clinic_no and r.id = p_resource_id and r.kind = 'doctor' for no key update;
  if not found then
    raise exception using errcode = 'no_data_found',
      message = format('create_sessions: clinic %s has no doctor %s', p_clinic_no, p_resource_id);
  end if;
  if exists (select from unnest(p_visit_type_ids) i(id)
              where not exists (select from visit_type t where t.clinic_no = p_clinic_no and t.id = i.id
                                                           and t.part_ids is null)) then
    outcome := 'visit_type_missing';
    return next;
    return;
  end if;
  for v_item in
    select i.n, i.id, i.starts_at, i.ends_at
      from unnest(p_ids, p_starts, p_ends) with ordinality i(id, starts_at, ends_at, n) order by i.n
  loop
    select s.* into v_found
      from open_session s
     where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
       and s.starts_at > v_item.starts_at - interval '25 hours' and s.starts_at < v_item.ends_at
       -- What is over is in nobody's way, such as what a withdrawal of today has left of a session.
       and s.ends_at > greatest(v_item.starts_at, clock_timestamp())
     order by s.starts_at limit 1;
    ord := v_item.n;
    session_id := v_found.id;
    if v_found.id is null and v_item.ends_at > clock_timestamp() then
      insert into open_session (clinic_no, id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids,
                                band, day)
      values (p_clinic_no, v_item.id, p_resource_id, v_item.starts_at, v_item.ends_at, p_grid_minutes,
              p_visit_type_ids, p_band, p_day);
      outcome := 'created';
      session_id := v_item.id;
    else
      outcome := case when v_found.id is null
                        or (v_found.starts_at, v_found.ends_at, v_found.grid_minutes)
                           = (v_item.starts_at, v_item.ends_at, p_grid_minutes)
                           and v_found.visit_type_ids is not distinct from p_visit_type_ids
                      then 'skipped' else 'conflict' end;
    end if;
    tx := pg_current_xact_id();
    return next;
  end loop;
end
$function$;
