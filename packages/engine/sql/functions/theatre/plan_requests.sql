-- plan_requests: gives requests of the waitlist the plans of these cases, which fulfil them and are confirmed. When a
-- case ends, by whatever path, its request waits with that plan. A hold that ends leaves nothing of what it tried.
-- Cases without a request, or whose request has another case, are left out.
--
-- p_clinic_nos, p_case_ids: the cases, as arrays of the same length.
-- Internal.
-- Locks: the requests, which only those change who have locked the bookings of their cases, as the caller has.
-- Fails: never. Idempotent: yes, but for the version of the requests.
create or replace function holdfast.plan_requests(p_clinic_nos integer[], p_case_ids uuid[]) returns void
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  update case_request q
     set minutes = extract(epoch from c.ends_at - c.starts_at)::integer / 60, surgeon_id = c.surgeon_id,
         anaesthetist_id = c.anaesthetist_id, staff_ids = c.staff_ids, equipment = c.equipment,
         version = q.version + 1
    from unnest(p_clinic_nos, p_case_ids) i(clinic_no, case_id)
    join theatre_case c on c.clinic_no = i.clinic_no and c.booking_id = i.case_id
   where q.clinic_no = c.clinic_no and q.id = c.request_id and q.case_id = c.booking_id
$function$;
