-- change_old_bookings: change_bookings for bookings of which some are more than 31 days old.
--
-- It runs one statement per month, which is planned for the partition of that month: see id_months.
-- Internal. Locks: none that the caller does not have. Fails: never. Idempotent: no; each call adds one to versions.
create or replace function holdfast.change_old_bookings(
  p_clinic_nos integer[], p_ids uuid[], p_statuses text[], p_failure_reasons text[], p_holds_until timestamptz[],
  p_account_ids uuid[], p_extended_by uuid[], p_patients jsonb[], p_reasons text[], p_cancellation_reasons text[],
  p_slot_ids uuid[], p_resource_ids uuid[], p_ats timestamptz[], p_attendances timestamptz[] default null,
  p_requested boolean[] default null, p_units integer[] default null
) returns setof holdfast.booking
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months uuid[] := id_months(p_ids);
begin
  for v_n in 1 .. cardinality(v_months) by 2 loop
    return query
    update booking b
       set status = c.status, failure_reason = c.failure_reason, hold_expires_at = c.hold_until,
           account_id = nullif(coalesce(c.account_id, b.account_id), '00000000-0000-0000-0000-000000000000'),
           extended_by = coalesce(c.extended_by, b.extended_by),
           patient = coalesce(c.patient, b.patient),
           reason = case when c.reason = '' then null else coalesce(c.reason, b.reason) end,
           cancellation_reason = coalesce(c.cancellation_reason, b.cancellation_reason),
           slot_id = coalesce(c.slot_id, b.slot_id), resource_id = coalesce(c.resource_id, b.resource_id),
           attendance_confirmed_at = case when c.slot_id is null then
             nullif(coalesce(c.attendance, b.attendance_confirmed_at), '-infinity') end,
           requested_at = case when c.requested then c.at else b.requested_at end,
           units = coalesce(c.units, b.units),
           version = b.version + 1, updated_at = c.at
      from unnest(p_clinic_nos, p_ids, p_statuses, p_failure_reasons, p_holds_until, p_account_ids, p_extended_by,
                  p_patients, p_reasons, p_cancellation_reasons, p_slot_ids, p_resource_ids, p_ats, p_attendances,
                  p_requested, p_units)
           c(clinic_no, id, status, failure_reason, hold_until, account_id, extended_by, patient, reason,
             cancellation_reason, slot_id, resource_id, at, attendance, requested, units)
     where b.clinic_no = c.clinic_no and b.id = c.id and b.id between v_months[v_n] and v_months[v_n + 1]
    returning b.*;
  end loop;
end
$function$;
