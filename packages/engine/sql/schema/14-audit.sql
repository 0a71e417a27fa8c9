-- The security log: who signed in, was refused, changed rights or settings, or read patients' data as a member of a
-- clinic. Rows are only ever added, by append_audit_events; purge_audit_events deletes the old ones. It contains ids
-- and networks, and never what a patient or a stranger entered.
create table holdfast.audit_event (
  -- 0: it belongs to no clinic.
  clinic_no integer not null check (clinic_no >= 0),
  at timestamptz not null,
  seq bigint generated always as identity,
  kind text not null check (kind ~ '^[a-z0-9_]{1,64}$'),
  -- Repetitions within a minute share a row, which has the time of the last.
  count integer not null check (count >= 1),
  actor_kind text not null check (actor_kind in ('account', 'nobody', 'command', 'system')),
  actor_id uuid,
  -- What it was done to: an account, a booking, an invitation …
  subject_id uuid,
  -- The caller's network: /24 of IPv4, /48 of IPv6. Never a whole address.
  network cidr check (masklen(network) = case family(network) when 4 then 24 else 48 end),
  -- Words such as a role, an operation or the names of fields that were changed.
  details text[] not null check (cardinality(details) <= 40),
  primary key (clinic_no, at, seq),
  check ((actor_kind = 'account') = (actor_id is not null))
);
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
