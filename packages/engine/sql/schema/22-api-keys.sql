-- Keys with which other programs call the API for a clinic. A key that was deleted stays, without its digests: the
-- security log and the history of bookings name what it did by it.
create table holdfast.api_key (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  name text not null check (char_length(name) between 1 and 100),
  scopes text[] not null check (cardinality(scopes) between 1 and 20),
  bookings_per_second integer not null check (bookings_per_second between 1 and 500),
  -- SHA-256 of the whole key, which has 256 random bits. null: the key was deleted.
  digest bytea check (octet_length(digest) = 32),
  -- The key before the last rotation is valid too, until then.
  previous_digest bytea check (octet_length(previous_digest) = 32),
  previous_until timestamptz,
  -- The last rotation. null: there was none.
  rotated_at timestamptz,
  -- null: it does not expire.
  expires_at timestamptz,
  -- The account that created it. The key does not end with the account.
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- Written at most once a minute.
  last_used_at timestamptz,
  ended_at timestamptz,
  primary key (clinic_no, id),
  check ((previous_digest is null) = (previous_until is null)),
  check ((ended_at is null) = (digest is not null)),
  check (ended_at is null or previous_digest is null)
);
