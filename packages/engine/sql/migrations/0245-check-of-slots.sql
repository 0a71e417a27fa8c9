-- See 0244.
alter table holdfast.slot
  drop constraint slot_check,
  add constraint slot_check check (holdfast.clinic_no_of(id) = clinic_no) not valid;
