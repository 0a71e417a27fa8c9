-- renew_manage_token: voids the manage token of a booking or a waitlist entry. Its epoch, which is part of the token,
-- becomes one more.
--
-- p_id: the id of the booking or the entry; no two have the same id. p_account_id and p_epoch: what the caller's access
-- was checked with: the account that it belongs to (null: none), and the epoch of the caller's token (null: the caller
-- is that account). p_key: a digest of the request's Idempotency-Key. p_retry_minutes: for how long a renewal can be
-- repeated.
--
-- Outcomes: done | unchanged (the request was repeated within these minutes, which a repetition does not prolong) |
--   missing (there is none, or it was erased) | changed (it was linked, or its token renewed, since access was checked)
-- epoch: that of the token that is valid; null: the caller may not know.
-- Locks: the booking or the entry; then the row of the token. settle_bookings locks the booking to link it.
-- Fails: 22023 without a key. Idempotent: by key.
create or replace function holdfast.renew_manage_token(
  p_clinic_no integer, p_id uuid, p_account_id uuid, p_epoch integer, p_key uuid, p_retry_minutes integer
) returns table (outcome text, epoch integer)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_bookings booking[];
  v_account_id uuid;
  v_erased_at timestamptz;
  v_token manage_token;
  v_epoch integer;
begin
  if p_key is null then
    raise exception 'a renewal needs a key' using errcode = 'invalid_parameter_value';
  end if;
  v_bookings := lock_bookings(array[p_clinic_no], array[p_id]);
  if cardinality(v_bookings) = 1 and v_bookings[1].appointment_type <> 'case' then
    v_account_id := v_bookings[1].account_id;
    v_erased_at := v_bookings[1].erased_at;
  else
    select e.account_id, e.erased_at into v_account_id, v_erased_at
      from waitlist_entry e
     where e.clinic_no = p_clinic_no and e.id = p_id
       for no key update;
    if not found then
      return query select 'missing', null::integer;
      return;
    end if;
  end if;
  if v_erased_at is not null then
    return query select 'missing', null::integer;
    return;
  end if;

  select m.* into v_token from manage_token m where m.clinic_no = p_clinic_no and m.booking_id = p_id;
  v_epoch := coalesce(v_token.epoch, 0);
  if v_account_id is distinct from p_account_id then
    return query select 'changed', null::integer;
  elsif v_token.renewal_key = p_key and v_token.renewed_at > clock_timestamp() - make_interval(mins => p_retry_minutes)
  then
    return query select 'unchanged', v_epoch;
  elsif v_epoch <> p_epoch then
    return query select 'changed', null::integer;
  else
    insert into manage_token (clinic_no, booking_id, epoch, renewal_key)
    values (p_clinic_no, p_id, v_epoch + 1, p_key)
    on conflict (clinic_no, booking_id) do update
      set (epoch, renewal_key, renewed_at) = (excluded.epoch, excluded.renewal_key, clock_timestamp());
    return query select 'done', v_epoch + 1;
  end if;
end
$function$;
