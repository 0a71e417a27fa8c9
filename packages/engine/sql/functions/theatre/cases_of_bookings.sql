-- cases_of_bookings: the cases of these bookings: with their effective status, what they take, and their milestones.
-- found: as case_as_json. Bookings that are no cases are left out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.cases_of_bookings(p_bookings holdfast.booking[])
  returns table (booking_id uuid, found jsonb)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  select t.booking_id,
         case_as_json(c.id, b.booking, t, p, q.note, b.is_lapsed, allocations_of(t.clinic_no, t.booking_id),
                      (select coalesce(jsonb_agg(jsonb_build_object('milestone', m.milestone, 'at', m.at)
                                                 order by m.at, m.milestone), '[]')
                         from case_milestone m
                        where m.clinic_no = t.clinic_no and m.booking_id = t.booking_id))
    from (select q as booking, hold_seems_lapsed(q.status, q.hold_expires_at, statement_timestamp()) as is_lapsed
            from unnest(p_bookings) q) b
    join theatre_case t on t.clinic_no = (b.booking).clinic_no and t.booking_id = (b.booking).id
    join clinic c on c.no = t.clinic_no
    -- Of records that were merged, the one that stays.
    left join patient o on o.clinic_no = t.clinic_no and o.id = t.patient_id
    left join patient p on p.clinic_no = t.clinic_no and p.id = coalesce(o.merged_into, o.id)
    left join case_request q on q.clinic_no = t.clinic_no and q.id = t.request_id;
end
$function$;
