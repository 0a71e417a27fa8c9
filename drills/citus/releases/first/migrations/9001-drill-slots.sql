-- A column of a distributed table, and an index.
alter table holdfast.slot add column drill_note text;
create index slot_drill on holdfast.slot (clinic_no, drill_note) where drill_note is not null;
