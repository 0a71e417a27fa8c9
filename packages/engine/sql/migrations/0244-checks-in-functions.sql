-- The checks of what a claim writes, in PL/pgSQL functions. For every statement that writes, PostgreSQL reads the text of
-- the table's checks anew: 35 kB for a lone claim, a quarter of its processor time in the database. The body of a PL/pgSQL
-- function is read once per connection, where an SQL function is opened anew for every statement (0006, 0174). See
-- docs/decisions/0056. The rules are as before.
--
-- Each table has a migration of its own, so that none waits for a second table while claims wait for it (0245 to 0249);
-- 0250 to 0253 look at the rows that are there.
--
-- One call for a row, and no SET, which makes a call half as long again: each function has the bits of an id, and finds
-- operators by the caller's search_path. Callers are the functions that write these tables, which set it, and the owner.

-- As in 0001.
create or replace function holdfast.clinic_no_of(id uuid) returns integer
language plpgsql immutable strict parallel safe
as $$
begin
  return ((get_byte(uuid_send(id), 6) & 15) << 20)
       | (get_byte(uuid_send(id), 7) << 12)
       | ((get_byte(uuid_send(id), 8) & 63) << 6)
       | (get_byte(uuid_send(id), 9) >> 2);
end
$$;

-- Of a booking: its id is of its clinic, and its status fits the rest.
create function holdfast.booking_is_valid(
  p_clinic_no integer, p_id uuid, p_status text, p_failure_reason text, p_appointment_type text,
  p_hold_expires_at timestamptz
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return (((get_byte(uuid_send(p_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_id), 7) << 12)
          | ((get_byte(uuid_send(p_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_id), 9) >> 2)) = p_clinic_no
     and p_appointment_type in ('in_person', 'video', 'case')
     and case p_status
           when 'PENDING' then p_hold_expires_at is not null and p_failure_reason is null
           when 'FAILED' then
             coalesce(p_failure_reason in ('hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error'), false)
           when 'CANCELLED' then coalesce(p_failure_reason in ('hold_released', 'bumped'), true)
           else p_failure_reason is null and p_status in ('CONFIRMED', 'ARRIVED', 'NO_SHOW', 'COMPLETED') end;
end
$$;

-- Of an event: its booking's id is of its clinic, and its type fits the rest.
create function holdfast.booking_event_is_valid(
  p_clinic_no integer, p_booking_id uuid, p_type text, p_status_after text, p_actor_id uuid, p_booking_digest bytea
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return (((get_byte(uuid_send(p_booking_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_booking_id), 7) << 12)
          | ((get_byte(uuid_send(p_booking_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_booking_id), 9) >> 2)) = p_clinic_no
     and case
           when p_status_after is null then
             p_type in ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'attendance_confirmed',
                        'attendance_withdrawn', 'cancelled', 'failed', 'arrived', 'completed', 'no_show')
           when p_type = 'moved' then p_status_after = 'ARRIVED'
           when p_type = 'reopened' then p_status_after in ('CONFIRMED', 'ARRIVED')
           else p_type in ('linked', 'erased', 'milestone', 'prolonged')
                and p_status_after in
                  ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')
                and (p_type <> 'linked' or p_actor_id is not null or p_booking_digest is null) end;
end
$$;

alter table holdfast.resource
  drop constraint resource_check,
  add constraint resource_check check (holdfast.clinic_no_of(id) = clinic_no) not valid;
