-- A type, and views.
create type holdfast.drill_pair as (n integer, word text);
create view holdfast.drill_noted as select clinic_no, id, drill_note from holdfast.slot where drill_note is not null;
