-- change_bookings: writes what a caller has decided for bookings that it has locked, each once: their status, failure
-- reason and end of the hold, and the other arrays, of which null keeps what is stored. Another slot clears the
-- confirmation of the attendance, which was for the slot before. Returns the bookings as they are then.
--
-- p_attendances: '-infinity' clears. p_reasons: '' clears. p_account_ids: the UUID of zeros clears. p_requested: true:
-- the clinic is asked for it (requested_at).
--
-- Internal. Locks: none that the caller does not have. Fails: never. Idempotent: no; each call adds one to versions.
create or replace function holdfast.change_bookings(
  p_clinic_nos integer[], p_ids uuid[], p_statuses text[], p_failure_reasons text[], p_holds_until timestamptz[],
  p_account_ids uuid[], p_extended_by uuid[], p_patients jsonb[], p_reasons text[], p_cancellation_reasons text[],
  p_slot_ids uuid[], p_resource_ids uuid[], p_ats timestamptz[], p_attendances timestamptz[] default null,
  p_requested boolean[] default null, p_units integer[] default null
) returns setof holdfast.booking
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
as $function$
begin
  if late_ids(clock_timestamp()) > any (p_ids) then
    return query
    select *
      from change_old_bookings(p_clinic_nos, p_ids, p_statuses, p_failure_reasons, p_holds_until, p_account_ids,
                               p_extended_by, p_patients, p_reasons, p_cancellation_reasons, p_slot_ids,
                               p_resource_ids, p_ats, p_attendances, p_requested, p_units);
    return;
  end if;
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
   where b.clinic_no = c.clinic_no and b.id = c.id and b.id >= recent_ids()
  returning b.*;
end
$function$;
