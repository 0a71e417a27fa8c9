-- As 0250, for 0244, 0248 and 0249.
alter table holdfast.resource validate constraint resource_check;
alter table holdfast.theatre_case validate constraint theatre_case_check;
alter table holdfast.allocation validate constraint allocation_check;
