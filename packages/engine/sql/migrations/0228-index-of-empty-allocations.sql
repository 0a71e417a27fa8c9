-- Allocations of no time at all (fit_allocations): no search by time finds them, and cases may be at risk by theirs.
create index allocation_empty on holdfast.allocation (clinic_no, resource_id) where isempty(during);
