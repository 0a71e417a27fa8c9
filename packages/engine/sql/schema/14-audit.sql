-- The security log: who signed in, was refused, changed rights or settings, or read patients' data as a member of a
-- clinic. Rows are only ever added, by append_audit_events; purge_audit_events deletes the old ones. It contains ids
-- and networks, and never what a patient or a stranger entered.
--
-- Within a minute, seal_audit_events numbers the rows of each clinic and chains them by hashes (decision 0040), so that
-- `holdfast audit verify` finds one that was changed, removed, added between others, or put into another order.
create table holdfast.audit_event (
  -- 0: it belongs to no clinic.
  clinic_no integer not null check (clinic_no >= 0),
  at timestamptz not null,
  seq bigint generated always as identity,
  kind text not null check (kind ~ '^[a-z0-9_]{1,64}$'),
  -- Repetitions within a minute share a row, which has the time of the last.
  count integer not null check (count >= 1),
  actor_kind text not null check (actor_kind in ('account', 'api_key', 'nobody', 'command', 'system')),
  actor_id uuid,
  -- What it was done to: an account, a booking, an invitation …
  subject_id uuid,
  -- What a list showed: the ids of bookings, entries of the waitlist or patients.
  subjects uuid[] not null default '{}' check (cardinality(subjects) <= 1000),
  -- The caller's network: /24 of IPv4, /48 of IPv6. Never a whole address.
  network cidr check (masklen(network) = case family(network) when 4 then 24 else 48 end),
  -- Words such as a role, an operation or the names of fields that were changed.
  details text[] not null check (cardinality(details) <= 40),
  -- The chain that the row is in: that of its clinic and of the epoch of the log in which it was sealed. null: not yet.
  epoch bigint,
  -- Its place in the chain: 1, 2, 3, …
  no bigint,
  -- 16 random bytes, so that nobody guesses from the digest of a person's part what was erased. Empty: it is erased.
  salt bytea,
  -- audit_hash of the row and of the hash before it.
  hash bytea,
  -- The digest of audit_person, stored when that part of the row is erased.
  erased bytea,
  primary key (clinic_no, at, seq),
  check ((actor_kind in ('account', 'api_key')) = (actor_id is not null) or erased is not null),
  check (num_nulls(epoch, no, salt, hash) in (0, 4)),
  check (erased is null or salt = '' and num_nulls(actor_id, subject_id, network) = 3)
);
create index audit_event_log on holdfast.audit_event (clinic_no)
  where kind in ('log_purged', 'log_chain_begun', 'log_erased');
create index audit_event_subjects on holdfast.audit_event using gin (subjects) where subjects <> '{}';
create unique index audit_event_chain on holdfast.audit_event (clinic_no, epoch, no) where no is not null;
create index audit_event_unsealed on holdfast.audit_event (clinic_no, at, seq) where no is null;
create index audit_event_at on holdfast.audit_event (at, seq);
create index audit_event_kind on holdfast.audit_event (clinic_no, kind, at);
create index audit_event_actor on holdfast.audit_event (actor_id, at) where actor_id is not null;
create index audit_event_subject on holdfast.audit_event (subject_id, at) where subject_id is not null;

-- For how many months the security log is stored. The owner writes it when a server starts (HOLDFAST_AUDIT_MONTHS), and
-- purge_audit_events deletes nothing younger: the application's login cannot shorten it.
create table holdfast.audit_retention (
  is_only boolean primary key default true check (is_only),
  months integer not null check (months between 1 and 1200)
);

-- The end of the chain that this database continues for a clinic. It stays here when the clinic moves away, so that the
-- chain goes on when the clinic returns.
create table holdfast.audit_chain (
  clinic_no integer primary key check (clinic_no >= 0),
  epoch bigint not null,
  -- The number and the hash of the last row; 0 and 32 zero bytes before the first.
  no bigint not null check (no >= 0),
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null default clock_timestamp(),
  -- Up to here it was signed and stored outside of the database.
  anchored_no bigint not null default 0 check (anchored_no between 0 and no)
);
create index audit_chain_unanchored on holdfast.audit_chain (clinic_no) where no > anchored_no;
