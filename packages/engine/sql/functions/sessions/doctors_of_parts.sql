-- doctors_of_parts: who offers all of these visit types, with the minutes, the buffers and the fee of one visit that
-- consists of them: those of each, as the doctor offers it. p_part_ids: each once.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.doctors_of_parts(p_clinic_no integer, p_part_ids uuid[])
  returns table (resource_id uuid, minutes integer, buffer_before_minutes integer, buffer_after_minutes integer,
                 fee_amount integer, fee_currency text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select q.resource_id, q.minutes, q.buffer_before_minutes, q.buffer_after_minutes,
         case when q.has_one_fee then q.amount::integer end, case when q.has_one_fee then q.currency end
    from (select r.id as resource_id, sum(coalesce(d.minutes, t.minutes))::integer as minutes,
                 max(coalesce(d.buffer_before_minutes, t.buffer_before_minutes)) as buffer_before_minutes,
                 max(coalesce(d.buffer_after_minutes, t.buffer_after_minutes)) as buffer_after_minutes,
                 sum(coalesce(d.fee_amount, t.fee_amount)) as amount,
                 min(coalesce(d.fee_currency, t.fee_currency)) as currency,
                 count(coalesce(d.fee_currency, t.fee_currency)) = count(*)
                 and count(distinct coalesce(d.fee_currency, t.fee_currency)) = 1
                 and sum(coalesce(d.fee_amount, t.fee_amount)) <= 1000000000 as has_one_fee
            from resource r
            join visit_type t on t.clinic_no = r.clinic_no and t.id = any (p_part_ids)
            left join visit_type_doctor d
                   on d.clinic_no = t.clinic_no and d.visit_type_id = t.id and d.resource_id = r.id
           where r.clinic_no = p_clinic_no and r.kind = 'doctor'
           group by r.id
          having bool_and(d.resource_id is not null
                          or not exists (select from visit_type_doctor o
                                          where o.clinic_no = t.clinic_no and o.visit_type_id = t.id))
             and sum(coalesce(d.minutes, t.minutes)) <= 1440) q
$function$;
