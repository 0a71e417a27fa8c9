-- with_merged: the ids of these records, of those that were merged into them, and of those into which they were merged,
-- with all that were merged into these.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.with_merged(p_clinic_no integer, p_ids uuid[]) returns uuid[]
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with kept as materialized (
    select distinct coalesce(t.merged_into, t.id) as id
      from patient t where t.clinic_no = p_clinic_no and t.id = any (p_ids)
  )
  select coalesce(array_agg(q.id), '{}')
    from (select k.id from kept k
           union all
          select m.id from kept k
            join patient m on m.clinic_no = p_clinic_no and m.merged_into = k.id) q
$function$;
