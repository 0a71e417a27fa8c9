-- See 0241.
alter table holdfast.booking_event validate constraint booking_event_status_check;
