-- A new distributed table, filled in each shard.
create table holdfast.drill_visit (
  clinic_no integer not null references holdfast.clinic (no),
  seq bigint generated always as identity,
  resource_id uuid not null,
  note text not null check (note <> ''),
  primary key (clinic_no, seq),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id)
);
create index drill_visit_resource on holdfast.drill_visit (clinic_no, resource_id);
-- On Citus: in shards. It reads doctors.
insert into holdfast.drill_visit (clinic_no, resource_id, note)
  select clinic_no, id, 'of the migration' from holdfast.resource where kind = 'doctor';
