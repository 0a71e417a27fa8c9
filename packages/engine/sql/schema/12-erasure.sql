-- Erasing what identifies patients (docs/decisions/0012).

-- Bookings that were erased a moment ago: a request that read the patient before may still store its response. The
-- upkeep deletes such copies, and then the row.
create table holdfast.erased_booking (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  erased_at timestamptz not null,
  primary key (clinic_no, booking_id)
);

-- What was erased, so that it can be erased again in a database that is restored as it was before: docs/decisions/0012.
-- The process of backups stores these rows beside the backups; the upkeep deletes old ones.
create table holdfast.erasure (
  clinic_no integer not null,
  kind text not null check (kind in ('booking', 'waitlist_entry', 'guardian', 'patient')),
  id uuid not null,
  erased_at timestamptz not null,
  primary key (clinic_no, kind, id)
);
create index erasure_erased_at on holdfast.erasure (erased_at);

-- How far the retention of a clinic has come: all its slots up to this one, by start and id, are done.
create table holdfast.retention_progress (
  clinic_no integer primary key,
  starts_at timestamptz not null,
  slot_id uuid not null check (holdfast.clinic_no_of(slot_id) = clinic_no)
);
