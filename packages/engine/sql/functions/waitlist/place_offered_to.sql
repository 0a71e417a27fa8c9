-- place_offered_to: whether places of a doctor's slot can be offered to those who wait, and to whom: is_of_desk: only
-- to entries that a member of the clinic has added, as patients cannot book the slot; notice_minutes: the minimum
-- notice of patients; appointment_type: null: the doctor's. No row: to nobody.
--
-- A fixed slot can be offered; desk_only_times says to whom. A visit's slot can, if a claim of the same visit would be
-- accepted, apart from its time, which is still its own: the rules of claim_times (time_refusal, busy_times and
-- visit_units), and the visit type is still as long. Visits that not everybody may book, or that the clinic has to
-- approve, are offered as those that only the desk books: an offer is the clinic's answer.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.place_offered_to(
  p_slot holdfast.slot, p_clinic holdfast.clinic, p_at timestamptz,
  out is_of_desk boolean, out notice_minutes integer, out appointment_type text
) returns setof record
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if p_slot.session_id is null then
    is_of_desk := desk_only_times(p_at, p_clinic.minimum_notice_minutes, p_clinic.booking_horizon_days)
                  @> p_slot.starts_at;
    notice_minutes := p_clinic.minimum_notice_minutes;
    return next;
    return;
  end if;
  return query
  select needs_approval(y.approval, false)
           or time_refusal(s, v, r.active, p_slot.starts_at, false, false, p_at) is not null,
         (extract(epoch from v.minimum_notice) / 60)::integer, v.appointment_types[1]
    from open_session s
    join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
   cross join lateral visit_of_doctor(s.clinic_no, p_slot.visit_type_id, s.resource_id) v
    join visit_type y on y.clinic_no = s.clinic_no and y.id = v.visit_type_id
   cross join lateral (select time_of_slot(p_slot) as during) t
   where s.clinic_no = p_slot.clinic_no and s.id = p_slot.session_id
     and time_refusal(s, v, r.active, p_slot.starts_at, true, true, p_at) is null
     and time_of_visit(v, p_slot.starts_at) = t.during
     and p_slot.ends_at = p_slot.starts_at + make_interval(mins => v.minutes)
     and not busy_times(s.clinic_no, s.resource_id, lower(t.during), upper(t.during)) && t.during
     and not exists (
       select from visit_units(s.clinic_no, v.visit_type_id) n
        group by n.need
       having not bool_or(coalesce(
                p_slot.takes @> jsonb_build_array(jsonb_build_array(n.kind, n.resource_id, n.unit_no))
                and not busy_times(s.clinic_no, n.resource_id, lower(t.during), upper(t.during)) && t.during, false)));
end
$function$;
