-- See 0244.
alter table holdfast.booking
  drop constraint booking_check,
  drop constraint booking_status_check,
  drop constraint booking_failure_reason_check,
  drop constraint booking_failure_reason_status_check,
  drop constraint booking_appointment_type_check,
  drop constraint booking_check2,
  add constraint booking_is_valid check
    (holdfast.booking_is_valid(clinic_no, id, status, failure_reason, appointment_type, hold_expires_at)) not valid;
