-- A type with another attribute, and a column in the middle of what a view has.
alter type holdfast.drill_pair add attribute at date;
alter table holdfast.drill_visit drop column note, add column remark text;
