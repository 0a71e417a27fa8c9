-- unmerge_patient: undoes merge_patients. The record that was merged has again what was its own, and the one that
-- stayed what it had; what was changed of that one since stays as it is, field by field, and so does what was added to
-- it. The records that were merged into the separated one before are with it again. Flags and guardians that the merge
-- brought leave the one that stayed, unless a record that is still merged into it has them, too.
-- A later merge into the same record restores, from then on, what was there before this one, without what this one
-- brought.
--
-- Bookings, cases and requests are where they were linked: those from before the merge with their own record, those
-- since then with the one that stayed.
--
-- p_version: of the merged record, as it was read.
-- Outcomes: done:<the record that stayed> | unchanged (it is not merged) | patient_missing (or erased) |
--   record_changed:<version> | merged_further:<the record into which it was merged, which was merged into another one
--   since then: that merge is undone first>
-- Locks: the record that stays, and all that were merged into it, by id.
-- Fails: 23505 if another record has got its number, or one of its identifiers. Idempotent: yes.
create or replace function holdfast.unmerge_patient(p_clinic_no integer, p_id uuid, p_version integer) returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_kept_id constant uuid := (select t.merged_into from patient t where t.clinic_no = p_clinic_no and t.id = p_id);
  -- The records that were merged into this one before it was merged itself, directly or by way of others.
  v_with_it constant uuid[] := array(
    with recursive below as (
      select p_id as id
       union
      select t.id from below b
        join patient t on t.clinic_no = p_clinic_no and t.merged_into = v_kept_id and t.merge->>'into' = b.id::text
    )
    select b.id from below b where b.id <> p_id);
  v_kept patient;
  v_merged patient;
  v_before jsonb;
  v_now jsonb;
  v_restored jsonb;
  v_list text;
  -- Entries that the merge brought, and those of the records that are still merged.
  v_brought jsonb;
  v_others jsonb;
begin
  perform 1 from patient t
    where t.clinic_no = p_clinic_no and (t.id in (p_id, v_kept_id) or t.merged_into = v_kept_id)
    order by t.clinic_no, t.id for update;
  select * into v_merged from patient t where t.clinic_no = p_clinic_no and t.id = p_id and t.erased_at is null;
  if v_merged.id is null then
    return 'patient_missing';
  elsif v_merged.merged_into is distinct from v_kept_id or v_kept_id is not null and v_merged.version <> p_version then
    return 'record_changed:' || v_merged.version;
  elsif v_kept_id is null then
    return 'unchanged';
  elsif v_merged.merge->>'into' <> v_kept_id::text then
    return 'merged_further:' || (v_merged.merge->>'into');
  end if;
  select * into v_kept from patient t where t.clinic_no = p_clinic_no and t.id = v_kept_id;
  v_before := v_merged.merge->'before';
  v_now := to_jsonb(v_kept);
  v_restored := v_now
    || (select coalesce(jsonb_object_agg(f.name, v_before->f.name), '{}')
          from jsonb_object_keys(v_before - '{flags,identifiers,guardians}'::text[]) f(name)
         where v_now->f.name = v_merged.merge->'after'->f.name)
    || jsonb_build_object(
         'identifiers', (select coalesce(jsonb_agg(i.identifier order by i.n), '[]')
                           from jsonb_array_elements(v_now->'identifiers') with ordinality i(identifier, n)
                          where not v_merged.merge->'own'->'identifiers' @> jsonb_build_array(i.identifier)));
  foreach v_list in array '{flags,guardians}'::text[] loop
    v_brought := entries_without(v_merged.merge->'after'->v_list, v_before->v_list);
    v_others := (
      select coalesce(jsonb_agg(e.entry), '[]')
        from patient o
       cross join lateral jsonb_array_elements(to_jsonb(o)->v_list) e(entry)
       where o.clinic_no = p_clinic_no and o.merged_into = v_kept_id and o.id <> p_id and o.id <> all (v_with_it));
    v_restored := v_restored || jsonb_build_object(
      v_list, entries_without(v_now->v_list, entries_without(v_brought, v_others)));
    update patient t
       set merge = jsonb_set(t.merge, array['before', v_list], entries_without(t.merge->'before'->v_list, v_brought))
     where t.clinic_no = p_clinic_no and t.merged_into = v_kept_id and t.merge->>'into' = v_kept_id::text
       and t.merge->'before'->v_list <> entries_without(t.merge->'before'->v_list, v_brought)
       and (t.merge->>'at')::timestamptz > (v_merged.merge->>'at')::timestamptz;
  end loop;
  v_restored := v_restored || jsonb_build_object('guardians', restored_guardians(
    v_restored->'guardians', v_before->'guardians', v_merged.merge->'after'->'guardians', v_others));
  update patient t
     set merge = jsonb_set(t.merge, '{before,guardians}', n.guardians)
    from (select o.id, restored_guardians(o.merge->'before'->'guardians', v_before->'guardians',
                                          v_merged.merge->'after'->'guardians', '[]') as guardians
            from patient o
           where o.clinic_no = p_clinic_no and o.merged_into = v_kept_id and o.merge->>'into' = v_kept_id::text
             and (o.merge->>'at')::timestamptz > (v_merged.merge->>'at')::timestamptz) n
   where t.clinic_no = p_clinic_no and t.id = n.id and t.merge->'before'->'guardians' <> n.guardians;
  update patient t
     set merge = jsonb_set(t.merge, '{before}', t.merge->'before' || l.fields)
    from (select n.id, jsonb_object_agg(f.name, v_before->f.name) as fields
            from jsonb_object_keys(v_before - '{flags,identifiers,guardians}'::text[]) f(name)
           cross join lateral (
             select o.id, o.merge->'before'->f.name as before
               from patient o
              where o.clinic_no = p_clinic_no and o.merged_into = v_kept_id and o.merge->>'into' = v_kept_id::text
                and o.merge->'before' ? f.name
                and (o.merge->>'at')::timestamptz > (v_merged.merge->>'at')::timestamptz
              order by (o.merge->>'at')::timestamptz
              limit 1
           ) n
           where n.before = v_merged.merge->'after'->f.name
           group by n.id) l
   where t.clinic_no = p_clinic_no and t.id = l.id;
  update patient t set merged_into = p_id where t.clinic_no = p_clinic_no and t.id = any (v_with_it);
  update patient t set merged_into = null, merge = null, mrn = null where t.clinic_no = p_clinic_no and t.id = p_id;
  -- A later merge has replaced the number that this one brought, and its record has that: they change places.
  update patient t set mrn = v_merged.mrn
   where t.clinic_no = p_clinic_no and t.merged_into = v_kept_id and t.mrn = v_merged.merge->'own'->>'mrn';
  perform set_merged_fields(p_clinic_no, v_kept_id, v_restored);
  update patient t
     set mrn = v_merged.merge->'own'->>'mrn', identifiers = v_merged.merge->'own'->'identifiers'
   where t.clinic_no = p_clinic_no and t.id = p_id;
  return 'done:' || v_kept_id;
end
$function$;
