-- The ids that clinics, resources and visit types have in other systems.

alter table holdfast.clinic
  add column external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array');
alter table holdfast.resource
  add column external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array');
alter table holdfast.visit_type
  add column external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array');

-- Which clinic, resource or visit type has which id of another system: one of its kind, in a clinic. The triggers of
-- their tables write it, and nothing else. That no two clinics have the same, the engine judges.
create table holdfast.external_id (
  clinic_no integer not null references holdfast.clinic (no),
  -- Of the resource; `clinic` or `visit_type`.
  kind text not null check (char_length(kind) between 1 and 50),
  system text not null check (char_length(system) between 1 and 200),
  value text not null check (char_length(value) between 1 and 200),
  of_id uuid not null check (holdfast.clinic_no_of(of_id) = clinic_no),
  primary key (clinic_no, kind, system, value)
);
create index external_id_of on holdfast.external_id (clinic_no, of_id);
create index external_id_value on holdfast.external_id (value, system, kind);

create function holdfast.index_external_ids() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_row jsonb := to_jsonb(new);
  v_clinic_no integer := coalesce(v_row->>'clinic_no', v_row->>'no');
begin
  delete from external_id e where e.clinic_no = v_clinic_no and e.of_id = new.id;
  insert into external_id (clinic_no, kind, system, value, of_id)
  select v_clinic_no, coalesce(tg_argv[0], v_row->>'kind'), i.system, i.value, new.id
    from jsonb_to_recordset(new.external_ids) i(system text, value text) order by i.system, i.value;
  return null;
end
$$;
create trigger index_external_ids after insert on holdfast.clinic for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids('clinic');
create trigger reindex_external_ids after update on holdfast.clinic for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids('clinic');
create trigger index_external_ids after insert on holdfast.resource for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids();
create trigger reindex_external_ids after update on holdfast.resource for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids();
create trigger index_external_ids after insert on holdfast.visit_type for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids('visit_type');
create trigger reindex_external_ids after update on holdfast.visit_type for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids('visit_type');
