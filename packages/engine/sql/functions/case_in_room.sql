-- case_in_room: another case whose patient would be in the room of a case at the same time, if in_room or out_of_room
-- of the case were recorded at p_at: it was in the room before and has not left by p_at, or it came in before the
-- case's patient left. at: when it came in. No row: there is none. A case whose patient came in more than 12 hours
-- before p_at does not count: nobody recorded its end.
--
-- Internal. Locks: none; the caller has lock_case, and with it the room. Fails: never. Idempotent: yes.
create or replace function holdfast.case_in_room(
  p_clinic_no integer, p_booking_id uuid, p_milestone text, p_at timestamptz
) returns table (booking_id uuid, at timestamptz)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
begin
  return query
  select o.booking_id, o.in_at
    from (select m.at as in_at from case_milestone m
           where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id and m.milestone = 'in_room') own
   right join (
     select n.booking_id, min(m.at) filter (where m.milestone = 'in_room') as in_at,
            coalesce(min(m.at) filter (where m.milestone in ('out_of_room', 'cleaned')), 'infinity') as out_at
       from allocation a
       join allocation n on n.clinic_no = a.clinic_no and n.resource_id = a.resource_id and n.kind = 'room'
                        and n.booking_id <> a.booking_id
                        and n.during && tstzrange(p_at - interval '1 day', p_at + interval '12 hours')
       join case_milestone m on m.clinic_no = n.clinic_no and m.booking_id = n.booking_id
      where a.clinic_no = p_clinic_no and a.booking_id = p_booking_id and a.kind = 'room'
      group by n.booking_id) o on true
   where o.in_at > p_at - interval '12 hours'
     and case p_milestone when 'in_room' then o.in_at <= p_at and o.out_at > p_at
                          when 'out_of_room' then o.in_at < p_at and o.in_at >= own.in_at
                          else false end
   order by o.in_at, o.booking_id
   limit 1;
end
$function$;
