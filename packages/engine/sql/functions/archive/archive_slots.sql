-- archive_slots: moves up to p_limit slots of a clinic that start in a month (UTC), with all their bookings and the
-- events, manage tokens and links to records of patients of these, to archived_row. A slot leaves with everything that
-- refers to it, so what stays is complete, and verify finds nothing. Messages about the bookings are deleted. Returns
-- how many slots it moved; 0: none is left. Call it again until then.
-- Internal: only the owner calls it (`holdfast archive`).
--
-- Slots of operating rooms stay, with their cases: they are few beside appointments, and estimates and reports read
-- them.
--
-- Locks: the slots, by id; then their bookings, by id; then the records linked to them (remove_links). For a short
-- transaction: a long one would hold back the log.
-- Fails: 55006 if a booking of one of the slots is a hold, has an idempotency key or has changed since p_quiet_since
--   (its erasure does not count); 55P03 if a row stays locked. Nothing is moved then.
-- Idempotent: yes.
create or replace function holdfast.archive_slots(
  p_clinic_no integer, p_month date, p_quiet_since timestamptz, p_limit integer
) returns integer
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '2s'
-- Planned for the partitions in which the bookings of these slots can be.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  v_slot_ids uuid[];
  v_booking_ids uuid[];
  v_obstacle text;
  v_from uuid;
begin
  select array_agg(q.id order by q.id) into v_slot_ids
    from (select s.id from slot s
           where s.clinic_no = p_clinic_no and s.starts_at >= p_month and s.starts_at < p_month + interval '1 month'
             and s.ends_at < p_quiet_since
             and s.resource_id in (select r.id from resource r
                                    where r.clinic_no = p_clinic_no and r.kind = 'doctor')
           order by s.id limit p_limit for update of s) q;
  if v_slot_ids is null then
    return 0;
  end if;
  v_from := oldest_booking_id(p_clinic_no, v_slot_ids);
  -- Two queries for the two partial indexes.
  select coalesce(array_agg(q.id), '{}') into v_booking_ids
    from (select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slot_ids) and b.status = 'PENDING'
             and b.id >= v_from
           union all
          select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slot_ids) and b.status <> 'PENDING'
             and b.id >= v_from) q;
  perform lock_bookings(array_fill(p_clinic_no, array[cardinality(v_booking_ids)]), v_booking_ids);
  select format('booking %s %s', b.id,
                case when b.status = 'PENDING' then 'is a hold' when k.key is not null then 'has an idempotency key'
                     else 'changed at ' || b.updated_at end)
    into v_obstacle
    from booking b
    left join idempotency k on k.booking_id = b.id
   where b.clinic_no = p_clinic_no and b.id = any (v_booking_ids) and b.id >= v_from
     and (b.status = 'PENDING' or k.key is not null
          -- Erased, and not changed since.
          or b.updated_at >= p_quiet_since and b.erased_at is distinct from b.updated_at)
   limit 1;
  if v_obstacle is not null then
    raise exception '%', v_obstacle using errcode = 'object_in_use';
  end if;

  insert into archived_row (clinic_no, month, kind, row)
  select p_clinic_no, p_month, q.kind, q.row
    from (select s.id, 1 as rank, 'slot' as kind, null::uuid as booking_id, 0 as version, to_jsonb(s) as row
            from slot s where s.clinic_no = p_clinic_no and s.id = any (v_slot_ids)
          union all
          select b.slot_id, 2, 'booking', b.id, 0, to_jsonb(b)
            from booking b where b.clinic_no = p_clinic_no and b.id = any (v_booking_ids) and b.id >= v_from
          union all
          select b.slot_id, 3, 'booking_event', e.booking_id, e.version, to_jsonb(e)
            from booking_event e join booking b on b.clinic_no = e.clinic_no and b.id = e.booking_id
           where e.clinic_no = p_clinic_no and e.booking_id = any (v_booking_ids)
             and e.booking_id >= v_from and b.id >= v_from
          union all
          select b.slot_id, 4, 'manage_token', m.booking_id, 0, to_jsonb(m)
            from manage_token m join booking b on b.clinic_no = m.clinic_no and b.id = m.booking_id
           where m.clinic_no = p_clinic_no and m.booking_id = any (v_booking_ids)
             and b.id >= v_from
          union all
          select b.slot_id, 5, 'booking_patient', l.booking_id, 0, to_jsonb(l)
            from booking_patient l join booking b on b.clinic_no = l.clinic_no and b.id = l.booking_id
           where l.clinic_no = p_clinic_no and l.booking_id = any (v_booking_ids)
             and b.id >= v_from) q
   order by q.id, q.booking_id nulls first, q.rank, q.version;
  -- Nobody would erase them with the patient any more. They are no part of the archive.
  delete from message where clinic_no = p_clinic_no and booking_id = any (v_booking_ids);
  perform remove_links(p_clinic_no, v_booking_ids);
  delete from manage_token where clinic_no = p_clinic_no and booking_id = any (v_booking_ids);
  delete from booking_event
   where clinic_no = p_clinic_no and booking_id = any (v_booking_ids)
     and booking_id >= v_from;
  delete from booking where clinic_no = p_clinic_no and id = any (v_booking_ids) and id >= v_from;
  -- What visits took is in their slots, and over.
  perform release_allocations(array_fill(p_clinic_no, array[cardinality(v_slot_ids)]), v_slot_ids);
  delete from slot where clinic_no = p_clinic_no and id = any (v_slot_ids);
  return cardinality(v_slot_ids);
end
$function$;
