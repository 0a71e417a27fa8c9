-- The checks of 0244, on the rows there were before: with locks that claims, and all that they write, don't wait for.
alter table holdfast.slot validate constraint slot_check;
alter table holdfast.booking validate constraint booking_is_valid;
alter table holdfast.booking_event validate constraint booking_event_is_valid;
alter table holdfast.resource validate constraint resource_check;
alter table holdfast.allocation validate constraint allocation_check;
alter table holdfast.theatre_case validate constraint theatre_case_check;
