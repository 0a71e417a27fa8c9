-- merge_patients: says that two records are of one patient, and which of them stays. That one gets what it lacks, the
-- fields of p_taken from the other, the notes, flags, identifiers and guardians of both, and the record number of the
-- other if it takes that or has none; then the other has its own. Bookings, cases and requests stay linked as they are,
-- and are shown with the one that stays, and so is what was merged into the other before: it belongs to the one that
-- stays, too, with the record that it was merged into first (merge->'into'). unmerge_patient undoes it.
--
-- One guardian at most gets the messages (getsMessages): if both records have such a guardian, that of the record that
-- stays. The other is kept without it. Two entries that differ in nothing else, but
-- in their ids, are one.
--
-- p_version, p_merged_version: of the records that were read. p_taken: names of columns. p_identifiers_max: how many
-- identifiers a record may have.
-- Outcomes: done | unchanged (it was merged into this one before) | patient_missing (or erased) |
--   record_merged:<id> (one of them was merged into that one) | record_changed:<version of the one that has another> |
--   merge_too_large:<field>
-- Locks: both records, and those that were merged into the one that goes, by id: links, claims and erasures of them
--   wait, or are seen. Another merge into it, or the undoing of one, changes its version.
-- Fails: 22023 for one record, or an unknown field. Idempotent: yes.
create or replace function holdfast.merge_patients(
  p_clinic_no integer, p_kept_id uuid, p_merged_id uuid, p_version integer, p_merged_version integer, p_taken text[],
  p_actor_id uuid, p_identifiers_max integer
) returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  c_fields constant text[] := '{name,birth_date,sex,phone,email,address,language,mrn}';
  v_kept patient;
  v_merged patient;
  v_before jsonb;
  v_after jsonb;
  v_changed text[];
begin
  if p_kept_id = p_merged_id or not p_taken <@ c_fields then
    raise exception 'two records are merged, by known fields' using errcode = 'invalid_parameter_value';
  end if;
  perform 1 from patient t
    where t.clinic_no = p_clinic_no and (t.id in (p_kept_id, p_merged_id) or t.merged_into = p_merged_id)
    order by t.clinic_no, t.id for update;
  select * into v_kept from patient t where t.clinic_no = p_clinic_no and t.id = p_kept_id and t.erased_at is null;
  select * into v_merged from patient t where t.clinic_no = p_clinic_no and t.id = p_merged_id and t.erased_at is null;
  if v_kept.id is null or v_merged.id is null then
    return 'patient_missing';
  elsif v_merged.merged_into = p_kept_id then
    return 'unchanged';
  elsif v_kept.merged_into is not null or v_merged.merged_into is not null then
    return 'record_merged:' || coalesce(v_kept.merged_into, v_merged.merged_into);
  elsif v_kept.version <> p_version or v_merged.version <> p_merged_version then
    return 'record_changed:' || case when v_kept.version <> p_version then v_kept.version else v_merged.version end;
  end if;

  -- An erasure removes guardians by their ids. The copies get new ones, because each record may give its entry to
  -- somebody else afterwards.
  v_merged.guardians := (
    select coalesce(jsonb_agg(g.guardian || jsonb_build_object('id', new_id(p_clinic_no, clock_timestamp())::text)
                              order by g.n), '[]')
      from jsonb_array_elements(v_merged.guardians) with ordinality g(guardian, n));
  v_before := to_jsonb(v_kept);
  v_after := v_before
    || (select jsonb_object_agg(f.name, case when f.name = any (p_taken) then to_jsonb(v_merged)->f.name
                                             else coalesce(nullif(v_before->f.name, 'null'),
                                                           to_jsonb(v_merged)->f.name) end)
          from unnest(c_fields) f(name))
    || jsonb_build_object(
         'flags', (select coalesce(jsonb_agg(f.flag order by f.n), '[]')
                     from (select u.flag, min(u.n) as n
                             from unnest(v_kept.flags || v_merged.flags) with ordinality u(flag, n)
                            group by u.flag) f),
         'notes', case when v_kept.notes = v_merged.notes then v_kept.notes
                       else nullif(concat_ws(chr(10) || chr(10), v_kept.notes, v_merged.notes), '') end,
         'identifiers', v_kept.identifiers || v_merged.identifiers,
         'guardians', (select coalesce(jsonb_agg(g.guardian || jsonb_build_object('id', g.ids[1],
                                                                                  'getsMessages', g.gets_messages)
                                                 order by g.n), '[]')
                         from (select u.guardian - '{id,getsMessages}'::text[] as guardian, min(u.n) as n,
                                      array_agg(u.guardian->>'id' order by u.n) as ids,
                                      bool_or((u.guardian->'getsMessages')::boolean
                                              and (u.n <= jsonb_array_length(v_kept.guardians)
                                                   or not v_kept.guardians @> '[{"getsMessages": true}]')
                                             ) as gets_messages
                                 from jsonb_array_elements(v_kept.guardians || v_merged.guardians)
                                      with ordinality u(guardian, n)
                                group by 1) g));
  if char_length(v_after->>'notes') > 2000 then
    return 'merge_too_large:notes';
  elsif jsonb_array_length(v_after->'flags') > 20 then
    return 'merge_too_large:flags';
  elsif jsonb_array_length(v_after->'identifiers') > p_identifiers_max then
    return 'merge_too_large:identifiers';
  elsif jsonb_array_length(v_after->'guardians') > 3 then
    return 'merge_too_large:guardians';
  end if;
  v_changed := array(select f.name from unnest(c_fields || '{flags,notes,identifiers,guardians}') f(name)
                      where v_after->f.name is distinct from v_before->f.name
                         -- Another merge may have brought them, and be undone first.
                         or f.name in ('flags', 'guardians') and v_after->f.name <> '[]');

  update patient t set merged_into = p_kept_id where t.clinic_no = p_clinic_no and t.merged_into = p_merged_id;
  -- A number or an identifier is of one record at a time.
  update patient t
     set merged_into = p_kept_id, mrn = null, identifiers = '[]',
         merge = jsonb_build_object(
           'at', clock_timestamp(), 'by', p_actor_id, 'into', p_kept_id,
           'before', (select coalesce(jsonb_object_agg(c.name, v_before->c.name), '{}') from unnest(v_changed) c(name)),
           'after', (select coalesce(jsonb_object_agg(c.name, v_after->c.name), '{}') from unnest(v_changed) c(name)),
           'own', jsonb_build_object('mrn', v_merged.mrn, 'identifiers', v_merged.identifiers))
   where t.clinic_no = p_clinic_no and t.id = p_merged_id;
  perform set_merged_fields(p_clinic_no, p_kept_id, v_after);
  if v_merged.mrn is not null then
    update patient t
       set mrn = case when v_after->>'mrn' = v_merged.mrn then v_kept.mrn else v_merged.mrn end
     where t.clinic_no = p_clinic_no and t.id = p_merged_id;
    -- It is found by that number, too.
    perform set_merged_fields(p_clinic_no, p_kept_id, v_after);
  end if;
  return 'done';
end
$function$;
