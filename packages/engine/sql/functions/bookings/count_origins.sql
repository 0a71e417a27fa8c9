-- count_origins: how many holds and bookings of a subject count at p_now, without the booking p_except: holds that have
-- not lapsed, confirmed bookings that have not begun, and reservations of the last two minutes, whose claim may be
-- under way. live: all of these. holds: without confirmed bookings, and without requests, which may wait for days
-- (visit_type.approval_minutes). requests: those, and holds of visit types that need approval, which may become some.
-- Reservations of one key count once, and those of p_key do not: at most one claim of a key books.
-- An account's subject is its id. A booking of no account is an account's reservation: its link may be under way. A
-- booking of another account does not count: that one was faster.
-- Deletes the reservations that will never count again, so that the next call reads only those that count. A booking
-- that seems to have lapsed, or begun, is judged under its lock; while another transaction has it, it counts: it may be
-- confirmed or moved.
--
-- Internal. Locks: such bookings and the reservations that it deletes, skipping those that another session has locked;
-- the caller has the clinic's advisory lock, whose owners wait for nobody. Fails: never.
-- Idempotent: yes.
create or replace function holdfast.count_origins(
  p_clinic_no integer, p_subject uuid, p_except uuid, p_key uuid, p_now timestamptz,
  out holds integer, out live integer, out requests integer
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $function$
declare
  v_lock_timeout constant text := current_setting('lock_timeout');
  v_reserved integer;
  v_over uuid[];
  v_clinic_nos integer[];
  v_ids uuid[];
  v_locked_ids uuid[];
begin
  select array_agg(o.clinic_no), array_agg(o.booking_id) into v_clinic_nos, v_ids
    from booking_origin o
   where o.clinic_no = p_clinic_no and o.subject = p_subject and o.booking_id <> p_except;
  v_locked_ids := array(
    select b.id
      from bookings_by_id(v_clinic_nos, v_ids) b
      left join lateral (select t.starts_at from slot t
                          where t.clinic_no = b.clinic_no and t.id = b.slot_id limit 1) s on true
     where b.status in ('PENDING', 'CONFIRMED')
       and (hold_seems_lapsed(b.status, b.hold_expires_at, p_now) or (s.starts_at > p_now) is not true));
  if v_locked_ids <> '{}' then
    begin
      -- For a row that was changed meanwhile, PostgreSQL may wait in spite of `skip locked`.
      perform set_config('lock_timeout', '1ms', true);
      v_locked_ids := lock_free_bookings(p_clinic_no, v_locked_ids);
      perform set_config('lock_timeout', v_lock_timeout, true);
    exception
      when lock_not_available then v_locked_ids := '{}';
    end;
  end if;
  -- A separate statement: it reads the locked bookings as they are under the lock.
  select count(*) filter (where q.counts and q.status = 'PENDING' and q.requested_at is null),
         count(*) filter (where q.counts and q.status is not null),
         count(*) filter (where q.counts and q.status = 'PENDING' and (q.requested_at is not null or q.may_ask)),
         count(distinct q.key) filter (where q.counts and q.status is null and q.key <> p_key),
         array_agg(q.booking_id) filter (where not q.counts)
    into holds, live, requests, v_reserved, v_over
    from (
      select o.booking_id, b.status, b.requested_at, coalesce(o.key, o.booking_id) as key,
             exists (select from visit_type v
                      where v.clinic_no = o.clinic_no and v.id = s.visit_type_id
                        and needs_approval(v.approval, false)) as may_ask,
             case when b.id is null or o.kind = 'account' and b.account_id is null
                    then o.at > p_now - interval '2 minutes'
                  when o.kind = 'account' and b.account_id <> o.subject
                    or b.status not in ('PENDING', 'CONFIRMED') then false
                  when b.status = 'CONFIRMED' and o.at <= p_now - interval '30 days' then false
                  when b.id <> all (v_locked_ids) then true
                  else not hold_lapsed(b.status, b.hold_expires_at, p_now) and s.starts_at > p_now
             end as counts
        from booking_origin o
        left join bookings_by_id(v_clinic_nos, v_ids) b on b.id = o.booking_id
        left join lateral (select t.starts_at, t.visit_type_id from slot t
                            where t.clinic_no = o.clinic_no and t.id = b.slot_id limit 1) s on true
       where o.clinic_no = p_clinic_no and o.subject = p_subject and o.booking_id <> p_except
    ) q;
  holds := holds + v_reserved;
  live := live + v_reserved;
  requests := requests + v_reserved;
  if v_over is not null then
    delete from booking_origin o
     where (o.clinic_no, o.subject, o.booking_id) in (
       select t.clinic_no, t.subject, t.booking_id from booking_origin t
        where t.clinic_no = p_clinic_no and t.subject = p_subject and t.booking_id = any (v_over)
          for update skip locked);
  end if;
end
$function$;
