-- combine_visit_types: the visit type that is a combination of others; written when it is asked for first, with p_id.
-- Everything that reads a visit type reads it: docs/decisions/0045. p_part_ids: in any order.
--
-- Outcomes: null (id is the combination) | those of combination_of; parts also if one is there twice |
--   too_many_combinations (the clinic has 1,000)
-- Locks: of a new one, the clinic, and then the parts by id, so that none changes unseen.
-- Fails: never. Idempotent: yes; a second call finds it.
create or replace function holdfast.combine_visit_types(
  p_clinic_no integer, p_part_ids uuid[], p_id uuid, out id uuid, out outcome text
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  c_combinations_max constant integer := 1000;
  v_part_ids constant uuid[] := array(select distinct i.id from unnest(p_part_ids) i(id) order by i.id);
begin
  if cardinality(v_part_ids) < cardinality(p_part_ids) then
    outcome := 'parts';
    return;
  end if;
  select c.refusal into outcome from combination_of(p_clinic_no, v_part_ids) c;
  if outcome is not null then
    return;
  end if;
  select t.id into id from visit_type t where t.clinic_no = p_clinic_no and t.part_ids = v_part_ids;
  if found then
    return;
  end if;
  perform 1 from clinic c where c.no = p_clinic_no for no key update;
  perform 1 from visit_type t where t.clinic_no = p_clinic_no and t.id = any (v_part_ids) order by t.id for share;
  select t.id into id from visit_type t where t.clinic_no = p_clinic_no and t.part_ids = v_part_ids;
  if found then
    return;
  end if;
  select c.refusal into outcome from combination_of(p_clinic_no, v_part_ids) c;
  if outcome is null and c_combinations_max <= (
       select count(*) from visit_type t where t.clinic_no = p_clinic_no and t.part_ids is not null) then
    outcome := 'too_many_combinations';
  end if;
  if outcome is not null then
    return;
  end if;
  id := p_id;
  insert into visit_type (clinic_no, id, name, minutes, active, part_ids)
  values (p_clinic_no, p_id, '+', 1, false, v_part_ids);
  perform derive_combinations(p_clinic_no, v_part_ids);
end
$function$;
