-- The check of 0221, on the allocations there were before: with a lock that claims, and all that they write, don't wait
-- for.
alter table holdfast.allocation validate constraint allocation_during_check;
