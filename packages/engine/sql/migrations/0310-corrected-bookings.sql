-- As in 0244, with `corrected` and `contact_corrected`: see correct_patient. Existing rows, which satisfied narrower
-- rules, are not read.
create or replace function holdfast.booking_event_is_valid(
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
           else p_type in ('linked', 'corrected', 'contact_corrected', 'erased', 'milestone', 'prolonged')
                and p_status_after in
                  ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')
                and (p_type <> 'linked' or p_actor_id is not null or p_booking_digest is null) end;
end
$$;
