alter table holdfast.booking validate constraint booking_drill_check;
