-- The checks of 0035, on the rows there were before: with a lock that claims don't wait for.
alter table holdfast.booking_event
  validate constraint booking_event_type_check,
  validate constraint booking_event_status_check;
