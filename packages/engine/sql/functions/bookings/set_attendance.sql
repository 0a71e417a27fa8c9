-- set_attendance: records that the patient of a confirmed booking will come to this slot (event
-- `attendance_confirmed`), or withdraws this confirmation (`attendance_withdrawn`). The booking keeps its units either
-- way. The confirmation is valid for one slot: a move removes it (change_bookings), and a request that names a slot
-- which the booking has left gets booking_moved. Returns one row; tx: the transaction that changed the booking last.
--
-- p_actor_id: the account that acts; null: the bearer of the manage token. p_key, p_access: as begin_change.
--
-- Outcomes: done | unchanged (nothing to change) | as begin_change | invalid_transition (it is not CONFIRMED) |
--   booking_moved | visit_begun
-- Internal: called by confirm_attendance and withdraw_attendance.
-- Locks: the booking.
-- Fails: never.
-- Idempotent: by key, for 24 hours, even if the booking was moved or the opposite was recorded since. Only a change
--   stores its key: a request that found nothing to change, and is repeated after the opposite was recorded, changes
--   the booking then.
create or replace function holdfast.set_attendance(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_actor_id uuid, p_key uuid, p_is_coming boolean,
  p_access jsonb
) returns table (outcome text, tx xid8)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_booking booking;
  v_change record;
  v_now timestamptz;
  v_starts_at timestamptz;
begin
  v_change := begin_change(p_clinic_no, p_id, p_key, p_access);
  if v_change.refusal is not null then
    return query select v_change.refusal, v_change.tx;
    return;
  end if;
  v_booking := v_change.booking;
  v_now := v_change.at;
  select s.starts_at into v_starts_at from slot s where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;

  outcome := case
    when v_booking.status <> 'CONFIRMED' then 'invalid_transition'
    when v_booking.slot_id <> p_slot_id then 'booking_moved'
    when (v_booking.attendance_confirmed_at is not null) = p_is_coming then 'unchanged'
    when v_now >= v_starts_at then 'visit_begun'
    else 'done' end;
  if outcome <> 'done' then
    return query select set_attendance.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  end if;

  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array[v_booking.status], array[null::text],
                         array[null::timestamptz], null, null, null, null, null, null, null, array[v_now],
                         array[case when p_is_coming then v_now else '-infinity' end]) c;
  perform log_change(v_booking, case when p_is_coming then 'attendance_confirmed' else 'attendance_withdrawn' end,
                     p_actor_id, p_key);
  return query select set_attendance.outcome, pg_current_xact_id();
end
$function$;
