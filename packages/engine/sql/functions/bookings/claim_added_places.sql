-- claim_added_places: books units of a slot for the clinic's desk, also where no room is left: the slot gets the places
-- that are missing, for this booking, before any is offered to those who wait. It keeps them: what the booking gives
-- back later is offered like any other place. Parameters and row: as claim_slots, for one request. added: how many
-- places the slot got.
--
-- Outcomes: as claim_slots. retry: holds of the slot had lapsed, and have given back their units, which may have been
--   offered to those who wait. No transaction both does that and goes on: after an offer, which locks the waitlist, no
--   booking may be locked. slot_full: the slot would have more than slot_units_max places, or a hold lapsed meanwhile:
--   repeat it. Without a booking the slot keeps its capacity, unless more is taken.
-- Locks: as lock_patients, with p_known_by; the slot; then as claim_slots. Fails: as claim_slots.
-- Idempotent: by key, for 24 hours: a repetition adds nothing.
create or replace function holdfast.claim_added_places(
  p_clinic_no integer, p_slot_id uuid, p_id uuid, p_units integer, p_key uuid, p_hash uuid, p_confirm boolean,
  p_account_id uuid, p_actor_id uuid, p_type text, p_patient jsonb, p_reason text, p_known_by text,
  p_patient_id uuid default null
) returns table (
  outcomes text[], booking_ids uuid[], clinic_ids uuid[], resource_ids uuid[], capacities integer[],
  appointment_types text[], starts_at timestamptz[], ends_at timestamptz[], hold_expires_at timestamptz[],
  created_at timestamptz, tx xid8, available integer[], lapses_in_ms float8[], snapshot pg_snapshot, added integer
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_known_by constant text[] := case when p_known_by is not null then array[p_known_by] end;
  v_patient_ids constant uuid[] := case when p_patient_id is not null then array[p_patient_id] end;
  v_slot slot;
  v_now timestamptz;
  v_capacity integer;
  v_added integer := 0;
  v_is_booked boolean := false;
begin
  if v_patient_ids is not null then
    p_patient := (patients_as_booked(array[p_clinic_no], v_patient_ids, array[p_patient]))[1];
  end if;
  -- Its locks come before that of the slot, as in claim_slots.
  if v_known_by is not null then
    v_is_booked := (visits_at_once(array[p_clinic_no], array[p_slot_id], v_known_by, array[p_patient],
                                   array[p_account_id], null, array[p_confirm], null, v_patient_ids))[1] is not null;
  end if;
  select s.* into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id for update;
  v_now := clock_timestamp();
  v_capacity := v_slot.taken + p_units;
  -- What lapsed holds give back is used first, unless it is offered to those who wait.
  if v_capacity > v_slot.capacity and v_slot.next_lapse <= v_now then
    perform lapse_holds(array[p_clinic_no], array[p_slot_id], v_now);
    return query
    select array['retry'], array[null::uuid], array[null::uuid], array[null::uuid], array[null::integer],
           array[null::text], array[null::timestamptz], array[null::timestamptz], array[null::timestamptz], v_now,
           null::xid8, '{}'::integer[], '{}'::float8[], null::pg_snapshot, 0;
    return;
  end if;
  if v_capacity > v_slot.capacity and v_capacity <= slot_units_max() and not v_is_booked
     and claim_closed(v_slot.withdrawn_at, v_slot.starts_at, v_slot.ends_at, true, v_slot.blocked_at,
                      v_now) is null
     and exists (select from resource r
                  where r.clinic_no = p_clinic_no and r.id = v_slot.resource_id and r.kind = 'doctor')
     and not exists (select from idempotency k where k.clinic_no = p_clinic_no and k.key = p_key) then
    perform give_capacity(p_clinic_no, p_slot_id, v_capacity);
    v_added := v_capacity - v_slot.capacity;
  end if;
  return query
  select c.*, v_added from claim_slots(array[p_clinic_no], array[p_slot_id], array[p_id], array[p_units], array[p_key],
                            array[p_hash], array[p_confirm], array[p_account_id], array[p_actor_id], array[p_type],
                            array[p_patient], array[p_reason], v_known_by, false, v_patient_ids) c;
  if not exists (select from idempotency k
                  where k.clinic_no = p_clinic_no and k.key = p_key and k.booking_id = p_id) then
    -- A hold that lapsed since then may have let claim_slots offer the place to somebody who waits: they keep it.
    perform give_capacity(p_clinic_no, p_slot_id, greatest(v_slot.capacity, (
      select s.taken from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id)));
  end if;
end
$function$;
