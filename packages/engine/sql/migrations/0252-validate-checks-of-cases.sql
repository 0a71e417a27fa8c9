-- As 0249, for 0244 and 0248.
alter table holdfast.resource validate constraint resource_check;
alter table holdfast.theatre_case validate constraint theatre_case_check;
alter table holdfast.allocation validate constraint allocation_check;
