-- See 0244.
alter table holdfast.allocation
  drop constraint allocation_check,
  add constraint allocation_check check (holdfast.clinic_no_of(booking_id) = clinic_no) not valid;
