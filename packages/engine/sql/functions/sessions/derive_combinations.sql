-- derive_combinations: writes anew what the combinations of visit types say that have these parts, because one was
-- changed; null: all of the clinic, because its own rules were. One that is none any more (combination_of) is switched
-- off, until its parts suit each other again. Bookings keep what their slots say.
--
-- Locks: the combinations, by id. Fails: never. Idempotent: yes.
create or replace function holdfast.derive_combinations(p_clinic_no integer, p_part_ids uuid[]) returns void
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_ids uuid[] := array(
    select q.id from (select t.id from visit_type t
                       where t.clinic_no = p_clinic_no and t.part_ids is not null
                         and (p_part_ids is null or t.part_ids @> p_part_ids)
                       order by t.id
                         for no key update) q);
begin
  if v_ids = '{}' then
    return;
  end if;
  with found as materialized (
    select t.id, f.combination as new, f.refusal
      from visit_type t cross join lateral combination_of(p_clinic_no, t.part_ids) f
     where t.clinic_no = p_clinic_no and t.id = any (v_ids)
  ), switched_off as (
    update visit_type t set active = false, updated_at = now()
      from found f where t.clinic_no = p_clinic_no and t.id = f.id and f.refusal is not null
  )
  update visit_type t
     set (name, names, minutes, buffer_before_minutes, buffer_after_minutes, fee_amount, fee_currency,
          appointment_types, bookable_by, minimum_notice_minutes, booking_horizon_days,
          cancellation_deadline_minutes, preparation, color, position, active, updated_at, needs_room, room_ids,
          device_ids, questions, questions_version, approval, approval_minutes) =
         ((f.new).name, (f.new).names, (f.new).minutes, (f.new).buffer_before_minutes,
          (f.new).buffer_after_minutes, (f.new).fee_amount, (f.new).fee_currency, (f.new).appointment_types,
          (f.new).bookable_by, (f.new).minimum_notice_minutes, (f.new).booking_horizon_days,
          (f.new).cancellation_deadline_minutes, (f.new).preparation, (f.new).color, (f.new).position,
          (f.new).active, now(), (f.new).needs_room, (f.new).room_ids, (f.new).device_ids, (f.new).questions,
          (f.new).questions_version, (f.new).approval, (f.new).approval_minutes)
    from found f where t.clinic_no = p_clinic_no and t.id = f.id and f.refusal is null;
  delete from visit_type_doctor d where d.clinic_no = p_clinic_no and d.visit_type_id = any (v_ids);
  insert into visit_type_doctor
  select p_clinic_no, t.id, d.*
    from visit_type t cross join lateral doctors_of_parts(p_clinic_no, t.part_ids) d
   where t.clinic_no = p_clinic_no and t.id = any (v_ids)
     -- Otherwise all doctors offer it, also those who come later.
     and exists (select from visit_type_doctor o
                  where o.clinic_no = p_clinic_no and o.visit_type_id = any (t.part_ids));
end
$function$;
