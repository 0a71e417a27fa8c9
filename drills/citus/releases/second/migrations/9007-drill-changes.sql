-- A type with another attribute, a column in the middle of what a view has, and a check that is read for all rows.
alter type holdfast.drill_pair add attribute at date;
alter table holdfast.drill_visit drop column note, add column remark text;
alter table holdfast.booking validate constraint booking_drill_check;
