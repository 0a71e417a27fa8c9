-- The checks of 0080, on the rows there were before: with locks that claims, and all that they write, don't wait for.
alter table holdfast.resource
  validate constraint resource_kind_check,
  validate constraint resource_open_time,
  validate constraint resource_profession,
  validate constraint resource_clinic_no_open_time_id_fkey;
alter table holdfast.booking
  validate constraint booking_appointment_type_check,
  validate constraint booking_failure_reason_check,
  validate constraint booking_failure_reason_status_check;
alter table holdfast.booking_event
  validate constraint booking_event_type_check,
  validate constraint booking_event_status_check;
