-- times_of_clinic: when visits of a type can begin with a doctor, or with any active one of the clinic who offers it
-- (p_resource_id null), by start, then by doctor: the open_times of each. searched_until: up to when they were sought,
-- p_to, or before it the first session with which the sessions have more than p_searched_max starts. One row without a
-- time if there is none.
--
-- p_from, p_to, p_by_desk: as in open_times. p_account_id: who asks. p_appointment_type: null: any. p_limit: how many
-- starts are returned, with all who are free. p_moved_id: a booking to which these times are offered, as slot_for_move
-- accepts them: it may keep its type, and does not take its own time, to which it cannot be moved; null: none.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.times_of_clinic(
  p_clinic_no integer, p_resource_id uuid, p_visit_type_id uuid, p_from timestamptz, p_to timestamptz,
  p_appointment_type text, p_by_desk boolean, p_account_id uuid, p_limit integer, p_searched_max integer,
  p_moved_id uuid
) returns table (
  searched_until timestamptz, resource_id uuid, session_id uuid, starts_at timestamptz, ends_at timestamptz,
  available integer
)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  with known as materialized (
    select (known_patients(array[p_clinic_no], array[p_account_id]))[1] as is_known
      from visit_type t
     where t.clinic_no = p_clinic_no and t.id = p_visit_type_id and t.bookable_by = 'known_patients'
  ), moved as materialized (
    select s.visit_type_id = p_visit_type_id as keeps_type, s.resource_id, s.starts_at,
           case when s.session_id is not null and s.taken = b.units then s.id end as slot_id
      from bookings_by_id(array[p_clinic_no], array[p_moved_id]) b
      join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
     where p_moved_id is not null and b.status in ('PENDING', 'CONFIRMED')
  ), offering as materialized (
    select r.id, v.part_ids
      from resource r
     cross join lateral visit_of_doctor(p_clinic_no, p_visit_type_id, r.id) v
     where r.clinic_no = p_clinic_no and r.id = coalesce(p_resource_id, r.id) and r.kind = 'doctor' and r.active
       and v.is_offered and (p_appointment_type is null or p_appointment_type = any (v.appointment_types))
  ), searched as materialized (
    -- At least an hour, so that who continues from there gets on.
    select case when bool_or(s.starts > p_searched_max)
                then least(p_to, greatest(p_from + interval '1 hour',
                                          min(s.starts_at) filter (where s.starts > p_searched_max)))
                else p_to end as until
      from (select s.starts_at,
                   sum(starts_within(s, p_from, p_to)) over (order by s.starts_at, s.id) as starts
              from offering o
             cross join lateral (select n.* from open_session n
                                  where n.clinic_no = p_clinic_no and n.resource_id = o.id and n.withdrawn_at is null
                                    and n.starts_at > p_from - interval '25 hours' and n.starts_at < p_to
                                    and n.ends_at > p_from
                                    and (n.visit_type_ids is null or o.part_ids <@ n.visit_type_ids)
                                 offset 0) s) s
  )
  select u.until, t.id, t.session_id, t.starts_at, t.ends_at, t.available
    from searched u
    left join lateral (
      select o.id, t.*, dense_rank() over (order by t.starts_at) as nth
        from offering o
       cross join lateral open_times(p_clinic_no, o.id, p_visit_type_id, p_from, u.until, p_by_desk,
                                     coalesce((select k.is_known from known k), false), p_limit,
                                     coalesce((select m.keeps_type from moved m), false),
                                     (select m.slot_id from moved m)) t
       where not exists (select from moved m
                          where m.keeps_type and m.resource_id = o.id and m.starts_at = t.starts_at)) t
      on t.nth <= p_limit
   order by t.starts_at, t.id;
end
$function$;
