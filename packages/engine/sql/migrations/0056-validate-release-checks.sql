-- The checks of 0055, on the bookings there were before: with a lock that claims, and all that they write, don't wait for.
alter table holdfast.booking
  validate constraint booking_failure_reason_check,
  validate constraint booking_failure_reason_status_check;
