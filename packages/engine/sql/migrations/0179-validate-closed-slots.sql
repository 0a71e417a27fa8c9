-- The check of 0178, on the bookings there were before: with a lock that claims don't wait
-- for.
alter table holdfast.booking
  validate constraint booking_failure_reason_check;
