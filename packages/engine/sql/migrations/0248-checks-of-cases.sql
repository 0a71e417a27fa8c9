-- See 0244. In the order in which a claim writes them.
alter table holdfast.theatre_case
  drop constraint theatre_case_check,
  add constraint theatre_case_check check (holdfast.clinic_no_of(booking_id) = clinic_no) not valid;
alter table holdfast.allocation
  drop constraint allocation_check,
  add constraint allocation_check check (holdfast.clinic_no_of(booking_id) = clinic_no) not valid;
