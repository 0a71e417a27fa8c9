-- The checks of 0006, on the rows there were before: with a lock that claims don't wait for.
alter table holdfast.slot validate constraint slot_check;
alter table holdfast.booking validate constraint booking_check;
alter table holdfast.booking_event validate constraint booking_event_check;
