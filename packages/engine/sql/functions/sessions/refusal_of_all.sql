-- refusal_of_all: why a visit of a type cannot begin at p_starts_at with any doctor of a clinic, for a booking that has
-- found nobody free: as claim_times reports it of one of the sessions at that time, of which those come first whose
-- doctors would be free if nobody had booked. Without a session there: time_not_offered.
--
-- p_resource_id: only with this doctor; null: with any.
-- p_appointment_type: null: any. p_by_desk: as in time_refusal. p_account_id: who asks. p_keeps: as in open_times.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.refusal_of_all(
  p_clinic_no integer, p_visit_type_id uuid, p_starts_at timestamptz, p_appointment_type text, p_by_desk boolean,
  p_account_id uuid, p_resource_id uuid default null, p_keeps boolean default false
) returns text
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
  with known as materialized (
    select (known_patients(array[p_clinic_no], array[p_account_id]))[1] as is_known
      from visit_type t
     where t.clinic_no = p_clinic_no and t.id = p_visit_type_id and t.bookable_by = 'known_patients'
  ), refused as materialized (
    select s.resource_id, v.visit,
           coalesce(time_refusal(s, v.visit, r.active, p_starts_at, p_by_desk,
                                 coalesce((select k.is_known from known k), false), statement_timestamp()),
                    case when p_appointment_type <> all ((v.visit).appointment_types)
                         then 'appointment_type_not_offered' end) as refusal
      from open_session s
      join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
      left join lateral (
        select (o.visit_type_id, o.is_offered, o.minutes, o.buffer_before_minutes, o.buffer_after_minutes, o.capacity,
                case when p_keeps then 'anyone' else o.bookable_by end, o.appointment_types, o.minimum_notice,
                o.booking_horizon, o.needs_units, o.part_ids)::offered_visit as visit
          from visit_of_doctor(p_clinic_no, p_visit_type_id, s.resource_id) o) v on true
     where s.clinic_no = p_clinic_no and s.withdrawn_at is null
       and s.resource_id = coalesce(p_resource_id, s.resource_id)
       -- No session lasts longer.
       and s.starts_at > p_starts_at - interval '25 hours' and s.starts_at <= p_starts_at and s.ends_at > p_starts_at
  ), judged as materialized (
    select f.*, t.during,
           f.refusal is null
           and not taken_times(p_clinic_no, f.resource_id, lower(t.during), upper(t.during), statement_timestamp())
                   && t.during as is_free
      from refused f
     cross join lateral (select time_of_visit(f.visit, p_starts_at) as during) t
  ), first as (
    select * from judged f
     -- What binds all doctors is reported before what is of one, and a free doctor without a room before a taken one.
     order by case when f.is_free then 0
                   when f.refusal is null then 1
                   when f.refusal = 'time_not_offered' then 3
                   when f.refusal in ('visit_type_not_offered', 'appointment_type_not_offered',
                                      'slot_closed:doctor_inactive') then 4
                   else 2 end
     limit 1
  )
  select coalesce((select coalesce(f.refusal,
                                   case when f.is_free
                                        then (select needs_taken(u.missing)
                                                from units_for_visit(p_clinic_no, p_visit_type_id, f.during,
                                                                     statement_timestamp()) u) end,
                                   taken_because(p_clinic_no, f.resource_id, f.during)) from first f),
                  'time_not_offered')
$function$;
