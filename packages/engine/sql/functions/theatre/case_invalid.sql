-- case_invalid: the first resource in a case's plan that cannot be booked at all, as {path, resourceId, name, why};
-- null: there is none. name: of what is inactive, else null. why: missing (none of this clinic with this id, or not of
-- the right kind) | inactive | repeated.
-- p_had_ids: what the case has already, which may have become inactive since (former_resources).
--
-- Internal. Locks: none. Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.case_invalid(
  p_clinic_no integer, p_plan jsonb, p_had_ids uuid[] default '{}'
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return (
    select jsonb_build_object('path', q.path, 'resourceId', q.resource_id,
                              'name', case when q.why = 'inactive' then q.name end, 'why', q.why)
      from (select n.path, n.resource_id, n.name,
                   case when n.is_fit is not true then 'missing'
                        when not n.active and n.resource_id <> all (p_had_ids) then 'inactive'
                        when row_number() over (partition by n.resource_id order by n.path) > 1 then 'repeated'
                        end as why
              from case_needs(p_clinic_no, p_plan, null) n) q
     where q.why is not null
     order by q.path
     limit 1);
end
$function$;
