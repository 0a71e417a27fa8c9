-- See 0244.
alter table holdfast.booking_event
  drop constraint booking_event_check,
  drop constraint booking_event_type_check,
  drop constraint booking_event_status_check,
  add constraint booking_event_is_valid check
    (holdfast.booking_event_is_valid(clinic_no, booking_id, type, status_after, actor_id, booking_digest)) not valid;
