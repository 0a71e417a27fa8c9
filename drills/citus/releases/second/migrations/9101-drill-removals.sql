-- What a later release removes.
drop view holdfast.drill_noted;
drop trigger drill_note on holdfast.slot;
drop function holdfast.drill_note();
drop index if exists holdfast.slot_drill;
alter table holdfast.slot drop column drill_note;
alter table holdfast.answer drop constraint answer_drill_check, drop column drill_count;
drop table holdfast.drill_secret;
drop table holdfast.drill_own;
