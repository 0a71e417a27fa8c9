-- See 0244.
alter table holdfast.theatre_case
  drop constraint theatre_case_check,
  add constraint theatre_case_check check (holdfast.clinic_no_of(booking_id) = clinic_no) not valid;
