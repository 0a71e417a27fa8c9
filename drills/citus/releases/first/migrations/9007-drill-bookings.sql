-- A partitioned table.
alter table holdfast.booking
  add column drill_at timestamptz,
  add constraint booking_drill_check check (drill_at is null or drill_at > '2000-01-01') not valid;
