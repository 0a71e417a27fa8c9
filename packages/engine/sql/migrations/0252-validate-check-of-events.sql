-- As 0250, for 0247.
alter table holdfast.booking_event validate constraint booking_event_is_valid;
