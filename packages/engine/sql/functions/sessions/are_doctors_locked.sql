-- are_doctors_locked: of which of up to 1,000 sessions and visit types another transaction has locked the doctor, or a
-- room or device that the visit may take, for a queue whose batch of claim_times has waited too long for a lock. What
-- does not exist is not locked. p_visit_type_ids: null: only the doctors.
--
-- Locks: those that are not locked, until it returns. It waits for none.
-- Fails: 22023 for arrays of different lengths, or more than 1,000. Idempotent: yes, it changes nothing.
create or replace function holdfast.are_doctors_locked(
  p_clinic_nos integer[], p_session_ids uuid[], p_visit_type_ids uuid[] default null
) returns boolean[]
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_free uuid[];
begin
  if cardinality(p_session_ids) not between 1 and 1000
     or cardinality(p_clinic_nos) <> cardinality(p_session_ids) then
    raise exception 'sessions come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  v_free := array(
    select q.id
      from (select r.id from resource r
             where (r.clinic_no, r.id) in (
                     select s.clinic_no, s.resource_id
                       from unnest(p_clinic_nos, p_session_ids) i(clinic_no, id)
                       join open_session s on s.clinic_no = i.clinic_no and s.id = i.id
                      union all
                     select i.clinic_no, u.resource_id
                       from unnest(p_clinic_nos, p_visit_type_ids) i(clinic_no, id)
                      cross join lateral visit_units(i.clinic_no, i.id) u)
               for no key update skip locked) q);
  return (select array_agg(s.resource_id is not null
                           and (s.resource_id <> all (v_free)
                                or exists (select from visit_units(i.clinic_no, p_visit_type_ids[i.n]) u
                                            where u.resource_id <> all (v_free))) order by i.n)
            from unnest(p_clinic_nos, p_session_ids) with ordinality i(clinic_no, id, n)
            left join open_session s on s.clinic_no = i.clinic_no and s.id = i.id);
end
$function$;
