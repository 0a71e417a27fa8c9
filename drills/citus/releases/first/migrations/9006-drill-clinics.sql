-- A check of a new column, and another default.
alter table holdfast.clinic
  add column drill_level integer not null default 3 constraint clinic_drill_check check (drill_level between 1 and 5),
  alter column address set default null;
