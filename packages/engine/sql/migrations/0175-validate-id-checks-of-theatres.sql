-- The checks of 0174, on the rows there were before: with a lock that claims, and all that they write, don't wait for.
alter table holdfast.resource validate constraint resource_check;
alter table holdfast.allocation validate constraint allocation_check;
alter table holdfast.theatre_case validate constraint theatre_case_check;
