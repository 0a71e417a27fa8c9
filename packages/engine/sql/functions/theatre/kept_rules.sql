-- kept_rules: the soft rules by which a case is not judged again when it gets this plan, because it leaves alone what
-- they are about: they may have changed since it was booked. For a new case: none. This is the only definition of it.
--
-- outside_hours, block_owned, block_overrun: it keeps its room, start and slot, and does not become longer.
-- block_owned: also its surgeon and service, which decide whose block it is. block_overrun: it may also start at
-- another time, if it ends before its block does. preferred_equipment: it keeps its surgeon and its equipment.
-- room_not_requested: it keeps its room. person_away: it keeps its start, does not become longer, and nobody comes
-- who is away.
-- p_place: the place of the plan, as place_of_case returns it.
-- Internal. Locks: none; if the caller has locked the case, the result is final. Fails: never. Idempotent: yes.
create or replace function holdfast.kept_rules(p_clinic_no integer, p_plan jsonb, p_place holdfast.case_place)
  returns text[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_minutes constant interval := make_interval(mins => (p_plan->>'minutes')::integer);
  v_starts_at constant timestamptz := p_plan->>'startsAt';
  v_rules text[];
begin
  select array_remove(array[
           case when q.stays then 'outside_hours' end,
           case when q.stays and q.has_surgeon and are_same_service(q.service, p_plan->>'service')
                then 'block_owned' end,
           case when q.stays or q.is_in_block and v_starts_at + v_minutes <= p_place.ends_at then 'block_overrun' end,
           case when q.has_surgeon and q.equipment @> (p_plan->'equipment') and q.equipment <@ (p_plan->'equipment')
                then 'preferred_equipment' end,
           case when q.has_room then 'room_not_requested' end,
           case when q.keeps_time
                     and not exists (
                       select from unnest(array[(p_plan->>'surgeonId')::uuid, (p_plan->>'anaesthetistId')::uuid]
                                          || staff_of_case(p_plan)) p(id)
                        cross join lateral closure_times(p_clinic_no, v_starts_at, v_starts_at + v_minutes, p.id) t
                        where p.id <> all (q.team_ids) and t.resource_id = p.id)
                then 'person_away' end], null)
    into v_rules
    from (select c.service, c.equipment, c.surgeon_id = (p_plan->>'surgeonId')::uuid as has_surgeon,
                 c.room_id = p_place.room_id as has_room,
                 p_place.is_block and b.slot_id = p_place.slot_id and c.ends_at - c.starts_at >= v_minutes
                   as is_in_block,
                 c.starts_at = v_starts_at and c.ends_at - c.starts_at >= v_minutes as keeps_time,
                 array_remove(array[c.surgeon_id, c.anaesthetist_id] || c.staff_ids, null) as team_ids,
                 c.room_id = p_place.room_id and c.starts_at = v_starts_at and b.slot_id = p_place.slot_id
                   and c.ends_at - c.starts_at >= v_minutes as stays
            from bookings_by_id(array[p_clinic_no], array[(p_plan->>'caseId')::uuid]) b
            join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = b.id) q;
  return coalesce(v_rules, '{}');
end
$function$;
