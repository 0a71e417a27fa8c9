-- As 0250, for 0246.
alter table holdfast.booking validate constraint booking_is_valid;
