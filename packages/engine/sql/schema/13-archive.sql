-- Months that were moved out of the database into files. A month has the slots that start in it (UTC), with all their
-- bookings, and the events, manage tokens and links to records of these. Only the owner reads and writes this table and
-- the next one.
create table holdfast.archived_month (
  month date primary key check (extract(day from month) = 1),
  -- moving: rows go from their tables to archived_row; archived: they are in the file; loading: they come from the file
  -- to archived_row; restoring: from there to their tables, and then this row is deleted.
  state text not null default 'moving' check (state in ('moving', 'archived', 'loading', 'restoring')),
  slots bigint,
  bookings bigint,
  events bigint,
  manage_tokens bigint,
  -- SHA-256 of the file's content, before it is compressed.
  checksum bytea check (octet_length(checksum) = 32),
  file_name text,
  archived_at timestamptz,
  check (state = 'moving'
         or num_nulls(slots, bookings, events, manage_tokens, checksum, file_name, archived_at) = 0)
);

-- What has left its table and is not in a file yet, or not any more. In the order of `place`, a slot comes before its
-- bookings.
create table holdfast.archived_row (
  clinic_no integer not null,
  place bigint generated always as identity,
  month date not null,
  kind text not null check (kind in ('slot', 'booking', 'booking_event', 'manage_token', 'booking_patient')),
  row jsonb not null,
  primary key (clinic_no, place)
);
create index archived_row_month on holdfast.archived_row (month, place);
alter table holdfast.archived_row alter column row set statistics 0;
