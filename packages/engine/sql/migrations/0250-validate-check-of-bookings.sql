-- As 0249, for 0246.
alter table holdfast.booking validate constraint booking_is_valid;
