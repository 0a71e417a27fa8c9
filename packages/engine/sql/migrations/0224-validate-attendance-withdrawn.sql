-- The check of 0223, on the events there were before: with a lock that claims, and all that they write, don't wait for.
alter table holdfast.booking_event validate constraint booking_event_type_check;
