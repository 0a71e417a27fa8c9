-- Tables of which each shard has rows of its own: one that is there, and a new one.
alter table holdfast.answer add column drill_count integer default 1,
  add constraint answer_drill_check check (drill_count > 0);
create index answer_drill on holdfast.answer (drill_count);
update holdfast.answer set drill_count = 2;
alter table holdfast.answer alter column drill_count set not null;
create table holdfast.drill_own (
  no bigint generated always as identity primary key,
  name text not null unique,
  size integer not null default 0 check (size >= 0)
);
insert into holdfast.drill_own (name) values ('of the migration');
