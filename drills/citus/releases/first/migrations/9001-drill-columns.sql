-- Columns, checks and indexes of tables of each kind.
alter table holdfast.slot add column drill_note text;
alter table holdfast.clinic
  add column drill_level integer not null default 3 constraint clinic_drill_check check (drill_level between 1 and 5),
  alter column address set default null;
alter table holdfast.booking
  add column drill_at timestamptz,
  add constraint booking_drill_check check (drill_at is null or drill_at > '2000-01-01') not valid;
create index slot_drill on holdfast.slot (clinic_no, drill_note) where drill_note is not null;
alter table holdfast.site_administrator add column drill_role text;
alter table holdfast.verified_account add column drill_text text;
