-- is_awaited: whether offer_places would offer p_units more free units of a slot to somebody at p_at.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_awaited(
  p_clinic_no integer, p_slot_id uuid, p_units integer, p_at timestamptz
) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if not exists (select from waitlist_entry e where e.clinic_no = p_clinic_no and e.ended_at is null) then
    return false;
  end if;
  return exists (
    select from slot s
      join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor' and r.active
      join clinic c on c.no = s.clinic_no
     cross join lateral place_offered_to(s, c, p_at) d
     cross join lateral first_waiting(
             s.clinic_no, s.id, s.resource_id, r.specialization, s.starts_at at time zone c.timezone,
             s.capacity - s.taken + p_units, s.visit_type_id, d.is_of_desk,
             bookings_in_slot(s.clinic_no, s.id), array[s.id], channels_at_night(c.no, p_at), p_at, '{}', null, null) w
     where s.clinic_no = p_clinic_no and s.id = p_slot_id and s.withdrawn_at is null
       and s.blocked_at is null
       and offer_until(p_at, s.starts_at, c.waitlist_offer_minutes,
                       greatest(c.waitlist_notice_minutes,
                                case when not d.is_of_desk then d.notice_minutes end),
                       quiet_until(c.no, p_at)) is not null
       and w.entry_id is not null);
end
$function$;
