-- The slot has a counter; one function does everything, and refuses to wait for a lock.
alter table slot add column booked integer not null default 0;

create function book_slot(
  p_slot_id uuid, p_units integer, p_appointment_type text, p_name text, p_email text, p_phone text, p_reason text
) returns table (
  outcome text, id uuid, clinic_id uuid, doctor_id uuid, starts_at timestamptz, ends_at timestamptz,
  expires_at timestamptz, created_at timestamptz
) language plpgsql as $$
#variable_conflict use_column
declare
  v_slot record;
begin
  select s.doctor_id, d.clinic_id, s.starts_at, s.ends_at, s.capacity, s.booked into v_slot
    from slot s join doctor d on d.id = s.doctor_id where s.id = p_slot_id for update of s nowait;
  if not found then
    outcome := 'SLOT_NOT_FOUND';
    return next;
    return;
  end if;
  if v_slot.booked + p_units > v_slot.capacity then
    outcome := 'SLOT_UNAVAILABLE';
    return next;
    return;
  end if;
  update slot set booked = booked + p_units where slot.id = p_slot_id;
  return query
  insert into booking (slot_id, units, status, appointment_type, patient_name, patient_email, patient_phone, reason,
                       expires_at)
  values (p_slot_id, p_units, 'PENDING', p_appointment_type, p_name, p_email, p_phone, p_reason,
          now() + interval '2 minutes')
  returning 'BOOKED', booking.id, v_slot.clinic_id, v_slot.doctor_id, v_slot.starts_at, v_slot.ends_at,
            booking.expires_at, booking.created_at;
end
$$;
