-- What was erased, so that it can be erased again in a database that is restored as it was before: docs/decisions/0031.
-- The process of backups stores these rows beside the backups; the upkeep deletes old ones.
create table holdfast.erasure (
  clinic_no integer not null,
  kind text not null check (kind in ('booking', 'waitlist_entry', 'theatre_patient')),
  id uuid not null,
  erased_at timestamptz not null,
  primary key (clinic_no, kind, id)
);
create index erasure_erased_at on holdfast.erasure (erased_at);
