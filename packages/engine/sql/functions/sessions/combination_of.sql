-- combination_of: what a combination of visit types says, derived from its parts: docs/decisions/0045. combination: a
-- row without an id; refusal: why there is no such combination.
--
-- p_part_ids: sorted, each once.
-- Refusals: parts (fewer than 2, or more than 5) | visit_type_missing (of this clinic) | not_allowed (a part is not
--   combinable, or switched off) | group | minutes | devices | questions (more than a visit type has, or two with one
--   id) | channels | rooms | doctors (none that suits all parts).
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.combination_of(
  p_clinic_no integer, p_part_ids uuid[], out combination holdfast.visit_type, out refusal text
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  c_languages constant text[] := '{en,de,ar}';
  -- As lists show them.
  v_parts visit_type[] := array(
    select t from visit_type t
     where t.clinic_no = p_clinic_no and t.id = any (p_part_ids)
     order by t.position, t.name, t.id);
  v_clinic clinic;
begin
  select * into v_clinic from clinic c where c.no = p_clinic_no;
  select p_clinic_no, string_agg(t.name, ' + ' order by t.ordinality),
         sum(t.minutes), max(t.buffer_before_minutes), max(t.buffer_after_minutes),
         case when has_one_fee then sum(t.fee_amount) end, case when has_one_fee then min(t.fee_currency) end,
         case when bool_or(t.bookable_by = 'desk') then 'desk'
              when bool_or(t.bookable_by = 'known_patients') then 'known_patients' else 'anyone' end,
         case when count(t.minimum_notice_minutes) > 0
              then max(coalesce(t.minimum_notice_minutes, v_clinic.minimum_notice_minutes)) end,
         case when count(t.booking_horizon_days) > 0
              then min(coalesce(t.booking_horizon_days, v_clinic.booking_horizon_days)) end,
         case when count(t.cancellation_deadline_minutes) > 0
              then max(coalesce(t.cancellation_deadline_minutes, v_clinic.cancellation_deadline_minutes)) end,
         string_agg(t.preparation, E'\n' order by t.ordinality),
         (array_agg(t.color order by t.ordinality) filter (where t.color is not null))[1], min(t.position),
         bool_and(t.active), bool_or(t.needs_room), max(t.questions_version),
         case when bool_or(t.approval = 'holding') then 'holding'
              when bool_or(t.approval = 'not_holding') then 'not_holding' else 'none' end,
         coalesce(min(t.approval_minutes) filter (where t.approval <> 'none'), min(t.approval_minutes))
    into combination.clinic_no, combination.name, combination.minutes, combination.buffer_before_minutes,
         combination.buffer_after_minutes, combination.fee_amount, combination.fee_currency, combination.bookable_by,
         combination.minimum_notice_minutes, combination.booking_horizon_days,
         combination.cancellation_deadline_minutes, combination.preparation, combination.color,
         combination.position, combination.active, combination.needs_room, combination.questions_version,
         combination.approval, combination.approval_minutes
    from unnest(v_parts) with ordinality t
   -- If a part has no fee, the sum is null. It is also null if the sum is null for one of the doctors: a doctor's null
   -- would fall back to it.
   cross join (select count(p.fee_currency) = count(*) and count(distinct p.fee_currency) = 1
                      and sum(p.fee_amount) <= 1000000000
                      and not exists (select from doctors_of_parts(p_clinic_no, p_part_ids) d
                                       where d.fee_amount is null) as has_one_fee
                 from unnest(v_parts) p) f
   group by has_one_fee;
  combination.part_ids := p_part_ids;
  combination.capacity := 1;
  combination.combinable := false;
  combination.names := (
    select coalesce(jsonb_object_agg(l.language, n.name), '{}')
      from unnest(c_languages) l(language)
     cross join lateral (
       select string_agg(coalesce(t.names->>l.language, t.name), ' + ' order by t.ordinality) as name,
              bool_or(t.names ? l.language) as is_named
         from unnest(v_parts) with ordinality t) n
     where n.is_named);
  combination.appointment_types := array(
    select a.type from unnest((v_parts[1]).appointment_types) with ordinality a(type, n)
     where not exists (select from unnest(v_parts) t where a.type <> all (t.appointment_types))
     order by a.n);
  -- Each once, where it is first.
  combination.device_ids := array(
    select d.id from unnest(v_parts) with ordinality t, unnest(t.device_ids) with ordinality d(id, place)
     group by d.id order by min(t.ordinality), min(d.place));
  -- Each once, where it is first; required if one part requires it. Callers choose the ids, so the texts are compared.
  combination.questions := (
    select coalesce(jsonb_agg(q.questions[1] || jsonb_build_object('required', q.required) order by q.place), '[]')
      from (select array_agg(e.question order by t.ordinality) as questions,
                   min(array[t.ordinality, e.place]) as place,
                   bool_or((e.question->'required')::boolean) as required
              from unnest(v_parts) with ordinality t,
                   jsonb_array_elements(t.questions) with ordinality e(question, place)
             group by e.question - '{required,version}'::text[]) q);
  -- The rooms that every part with rooms names. If no part names rooms, any room will do.
  combination.room_ids := array(
    select r.id from unnest(v_parts) t, unnest(t.room_ids) r(id)
     group by r.id
    having count(*) = (select count(*) from unnest(v_parts) t where t.room_ids <> '{}')
     order by r.id);
  refusal := case
    when cardinality(p_part_ids) not between 2 and 5 then 'parts'
    when cardinality(v_parts) < cardinality(p_part_ids)
      or exists (select from unnest(v_parts) t where t.part_ids is not null) then 'visit_type_missing'
    when exists (select from unnest(v_parts) t where not t.combinable or not t.active) then 'not_allowed'
    when exists (select from unnest(v_parts) t where t.capacity > 1) then 'group'
    when combination.minutes > 1440 then 'minutes'
    when cardinality(combination.device_ids) > 5 then 'devices'
    when jsonb_array_length(combination.questions) > 12 or char_length(combination.questions::text) > 20000
      or exists (select from jsonb_array_elements(combination.questions) e(question)
                  group by e.question->>'id' having count(*) > 1) then 'questions'
    when combination.appointment_types = '{}' then 'channels'
    when combination.room_ids = '{}' and exists (select from unnest(v_parts) t where t.room_ids <> '{}') then 'rooms'
    when not exists (select from doctors_of_parts(p_clinic_no, p_part_ids)) then 'doctors' end;
end
$function$;
