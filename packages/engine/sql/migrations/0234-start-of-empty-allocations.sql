-- Of an allocation of no time at all (fit_allocations): the planned start of its case. Those near a time are found by it,
-- without reading all that a resource ever had. Rows without their case, which verify finds, get no time that is searched.
alter table holdfast.allocation add column planned_at timestamptz;
update holdfast.allocation a
   set planned_at = coalesce((select c.starts_at from holdfast.theatre_case c
                               where c.clinic_no = a.clinic_no and c.booking_id = a.booking_id), '-infinity')
 where isempty(a.during);
alter table holdfast.allocation
  add constraint allocation_planned_at_check check (isempty(during) = (planned_at is not null));
drop index holdfast.allocation_empty;
create index allocation_empty on holdfast.allocation (clinic_no, resource_id, planned_at) where isempty(during);
