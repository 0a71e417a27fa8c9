-- take_minutes: adds the minutes of cases, with the turnover of their rooms, to the slots that they are booked on, also
-- if that is more than a block's planned minutes (widen_block). A day of open time that does not exist yet is stored
-- with its case's openSlotId. Returns the places, each with its slot.
--
-- Arrays by case: its plan, its place (place_of_case), the end of its hold, and when its booking was created. At most
-- one of them begins in each missing day of a room's open time.
-- Internal.
-- Locks: none that the caller does not have. Fails: check_violation if a count of units were wrong.
-- Idempotent: no.
create or replace function holdfast.take_minutes(
  p_clinic_no integer, p_plans jsonb[], p_places holdfast.case_place[], p_hold_untils timestamptz[],
  p_created_ats timestamptz[]
) returns holdfast.case_place[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  v_places case_place[] := p_places;
begin
  for v_n in 1 .. cardinality(v_places) loop
    if v_places[v_n].slot_id is null then
      -- Days are in UTC: a clinic may change its time zone. The capacity is more minutes than cases of a day can have.
      v_places[v_n].slot_id := p_plans[v_n]->>'openSlotId';
      insert into slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest)
      select p_clinic_no, v_places[v_n].slot_id, v_places[v_n].open_time_id, d.day, d.day + interval '1 day', 10000,
             slot_digest(v_places[v_n].slot_id, v_places[v_n].open_time_id, d.day, d.day + interval '1 day', 10000,
                         null, null)
        from (select date_trunc('day', (p_plans[v_n]->>'startsAt')::timestamptz) as day) d;
    elsif v_places[v_n].taken + (p_plans[v_n]->>'minutes')::integer + v_places[v_n].turnover_minutes
          > v_places[v_n].capacity then
      perform widen_block(p_clinic_no, v_places[v_n].slot_id,
                          (p_plans[v_n]->>'minutes')::integer + v_places[v_n].turnover_minutes);
    end if;
  end loop;
  update slot s
     set taken = s.taken + q.minutes, next_lapse = least(s.next_lapse, q.hold_until),
         oldest_booking_at = oldest_booking_of(s.oldest_booking_at, s.created_at, q.created_at)
    from (select p.slot_id, sum((p_plans[p.ordinality]->>'minutes')::integer + p.turnover_minutes)::integer as minutes,
                 min(p_hold_untils[p.ordinality]) as hold_until, min(p_created_ats[p.ordinality]) as created_at
            from unnest(v_places) with ordinality p
           group by p.slot_id) q
   where s.clinic_no = p_clinic_no and s.id = q.slot_id;
  return v_places;
end
$function$;
