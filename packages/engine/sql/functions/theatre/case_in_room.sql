-- case_in_room: another case whose patient would be in the room of a case at the same time, if this milestone of the
-- case were recorded at p_at, or removed (null); else another case by which the patient would be in another room then
-- (is_elsewhere). at: when that patient came in. No row: there is none.
--
-- A patient is in the room from in_room until out_of_room; without it, until cleaned; else until the expected end, if
-- the case is over; else for 12 hours, because nobody recorded the end. The stays are compared as they would be then:
-- - If in_room changes: the case's stay with all stays. While its end is unknown, the patient is in the room at p_now
--   unless the case should have ended 15 minutes before that. Then only the time that is added is compared: of cases
--   that are recorded late, one end after the other is recorded, too.
-- - If its end changes: with the stays that begin in it. The others were compared when in_room was recorded.
--
-- Internal. Locks: none; the caller has lock_case, and with it the room and the patient. Fails: never. Idempotent: yes.
create or replace function holdfast.case_in_room(
  p_clinic_no integer, p_booking_id uuid, p_milestone text, p_at timestamptz, p_now timestamptz
) returns table (booking_id uuid, at timestamptz, is_elsewhere boolean)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
declare
  c_stay_max constant interval := '12 hours';
  -- A case that is this late may be over, and its end not recorded yet.
  c_late_max constant interval := '15 minutes';
  v_in_at timestamptz; v_out_at timestamptz; v_cleaned_at timestamptz;
  v_until timestamptz;
  v_ends_by timestamptz; -- When the case has ended, if it takes its minutes, or ends as somebody said.
begin
  select max(m.at) filter (where m.milestone = 'in_room'), max(m.at) filter (where m.milestone = 'out_of_room'),
         max(m.at) filter (where m.milestone = 'cleaned')
    into v_in_at, v_out_at, v_cleaned_at
    from case_milestone m
   where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id;
  case p_milestone
    when 'in_room' then
      select greatest(p_at + (c.ends_at - c.starts_at), case when v_in_at is not null then c.expected_ends_at end)
               + c_late_max
        into v_ends_by
        from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id;
      v_until := coalesce(v_out_at, v_cleaned_at, case when v_ends_by > p_now then v_ends_by end,
                          greatest(p_at, v_in_at));
      v_in_at := p_at;
    when 'out_of_room' then v_until := coalesce(p_at, v_cleaned_at, v_in_at + c_stay_max);
    when 'cleaned' then v_until := case when v_out_at is null then coalesce(p_at, v_in_at + c_stay_max) end;
    else v_until := null;
  end case;
  if v_in_at is null or v_until is null then
    return;
  end if;
  return query
  select o.booking_id, o.in_at, o.is_elsewhere
    from (
      select n.booking_id, n.room_id <> c.room_id as is_elsewhere,
             max(m.at) filter (where m.milestone = 'in_room') as in_at,
             coalesce(min(m.at) filter (where m.milestone in ('out_of_room', 'cleaned')),
                      (select n.expected_ends_at from bookings_by_id(array[p_clinic_no], array[n.booking_id]) b
                        where b.status = 'COMPLETED'),
                      max(m.at) filter (where m.milestone = 'in_room') + c_stay_max) as out_at
        from theatre_case c
        -- Allocations are not used: that of a case that was over before its planned start is empty.
        join theatre_case n on n.clinic_no = c.clinic_no and n.booking_id <> c.booking_id
                           and (n.room_id = c.room_id or n.patient_id = c.patient_id)
                           and n.starts_at between v_in_at - interval '2 days' and v_until + c_stay_max
        join case_milestone m on m.clinic_no = n.clinic_no and m.booking_id = n.booking_id
       where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id
       group by n.booking_id, n.room_id, n.expected_ends_at, c.room_id) o
   where case p_milestone when 'in_room' then o.out_at > v_in_at and (o.in_at < v_until or o.in_at = v_in_at)
                          else o.in_at >= v_in_at and o.in_at < v_until end
   order by o.is_elsewhere, o.in_at, o.booking_id
   limit 1;
end
$function$;
