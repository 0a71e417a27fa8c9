-- New tables of the other kinds.
create table holdfast.drill_visit (
  clinic_no integer not null references holdfast.clinic (no),
  seq bigint generated always as identity,
  resource_id uuid not null,
  note text not null check (note <> ''),
  primary key (clinic_no, seq),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id)
);
create index drill_visit_resource on holdfast.drill_visit (clinic_no, resource_id);
create table holdfast.drill_country (code text primary key);
insert into holdfast.drill_country (code) values ('DE'), ('AT');
create table holdfast.drill_secret (name text primary key);
insert into holdfast.drill_secret (name) values ('of the coordinator');
-- On Citus: in shards. It reads doctors.
insert into holdfast.drill_visit (clinic_no, resource_id, note)
  select clinic_no, id, 'of the migration' from holdfast.resource where kind = 'doctor';
