-- return_to_waitlist: puts cases that have lost their time, by a bump or with their block, back on the waitlist: the
-- request that a case fulfilled is open again, and a case without one gets a request. A request is due on the local day
-- that its case lost, or on its own due day, whichever is earlier: so it is among the first of its urgency.
--
-- p_case_ids, p_request_ids: cases that have ended, and for each the id of the request to create; null: create none.
-- p_bump_reason: why they gave way to an emergency; null: they did not.
-- Internal.
-- Locks: the requests of these cases, which only those change who have locked the bookings of the cases, as the caller
-- has.
-- Fails: never. Idempotent: no; it creates a request for every case without one.
create or replace function holdfast.return_to_waitlist(
  p_clinic_no integer, p_case_ids uuid[], p_request_ids uuid[], p_bump_reason text, p_actor_id uuid, p_at timestamptz
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  with lost as (
    select c.*, i.new_request_id, (c.starts_at at time zone l.timezone)::date as lost_on
      from unnest(p_case_ids, p_request_ids) i(case_id, new_request_id)
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = i.case_id
      join clinic l on l.no = p_clinic_no
  ), reopened as (
    update case_request q
       set due_on = least(q.due_on, t.lost_on), withdrawn_at = null,
           bumped_case_id = case when p_bump_reason is null then q.bumped_case_id else t.booking_id end,
           bump_reason = coalesce(p_bump_reason, q.bump_reason), version = q.version + 1
      from lost t
     where q.clinic_no = p_clinic_no and q.id = t.request_id
    returning q.id
  )
  insert into case_request (clinic_no, id, patient_id, service, procedure_code, procedure_display, minutes, urgency,
                            due_on, room_id, surgeon_id, anaesthetist_id, staff_ids, equipment, case_id,
                            bumped_case_id, bump_reason, created_by, created_at)
  select p_clinic_no, t.new_request_id, t.patient_id, t.service, t.procedure_code, t.procedure_display,
         extract(epoch from t.ends_at - t.starts_at)::integer / 60, t.urgency, t.lost_on, null, t.surgeon_id,
         t.anaesthetist_id, t.staff_ids, t.equipment, t.booking_id,
         case when p_bump_reason is not null then t.booking_id end, p_bump_reason, p_actor_id, p_at
    from lost t
   where t.new_request_id is not null and not exists (select from reopened r where r.id = t.request_id);
end
$function$;
