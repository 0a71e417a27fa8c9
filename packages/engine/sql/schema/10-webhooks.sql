-- Where a clinic's events are sent to by HTTP (docs/decisions/0021). The secrets are encrypted with the server's.
create table holdfast.webhook (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  url text not null check (char_length(url) between 8 and 2000),
  -- The names of the events that are sent.
  events text[] not null check (cardinality(events) between 1 and 30),
  secret text not null check (char_length(secret) <= 1000),
  -- Signs as well, until then.
  previous_secret text check (char_length(previous_secret) <= 1000),
  previous_secret_until timestamptz,
  -- The last rotation of the secret. null: there was none.
  rotated_at timestamptz,
  -- Nothing is planned or sent while it is paused.
  paused_at timestamptz,
  pause_reason text check (pause_reason in ('admin', 'failing', 'gone')),
  -- Failed attempts since the last success, of any delivery.
  failures integer not null default 0 check (failures >= 0),
  failing_since timestamptz,
  -- No attempts until then.
  blocked_until timestamptz,
  -- A replay goes on after this position of the log, up to what happened by then.
  replay_after text check (char_length(replay_after) <= 100),
  replay_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (clinic_no, id),
  check ((paused_at is null) = (pause_reason is null)),
  check ((previous_secret is null) = (previous_secret_until is null)),
  check ((failures = 0) = (failing_since is null)),
  check (replay_until is not null or replay_after is null)
);

-- One event for one webhook, or a test. Planned in the transaction in which the relay moves past the event, so that an
-- event has one row however often it comes; a replay makes the row due again. The payload has ids and times, and
-- nothing about the patient.
create table holdfast.webhook_delivery (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  webhook_id uuid not null,
  event text not null check (char_length(event) <= 60),
  -- null: a test.
  booking_id uuid check (holdfast.clinic_no_of(booking_id) = clinic_no),
  version integer check (version >= 1),
  payload text not null check (char_length(payload) <= 10000),
  state text not null default 'due' check (state in ('due', 'delivered', 'failed')),
  due_at timestamptz not null,
  attempts integer not null default 0,
  -- A process sends it until then.
  attempt_until timestamptz,
  -- The result of the last attempt: the response's code (null: there was none), and what happened.
  status integer check (status between 100 and 999),
  result text check (char_length(result) <= 300),
  duration_ms integer,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  -- Why the last attempt has failed, as a word for those who read it in their language; null: it has not.
  reason text check (char_length(reason) <= 50),
  primary key (clinic_no, id),
  foreign key (clinic_no, webhook_id) references holdfast.webhook (clinic_no, id) on delete cascade,
  unique (clinic_no, webhook_id, booking_id, version),
  check ((booking_id is null) = (version is null)),
  check ((state = 'due') = (done_at is null))
);
create index webhook_delivery_due on holdfast.webhook_delivery (clinic_no, webhook_id, due_at) where state = 'due';
create index webhook_delivery_underway on holdfast.webhook_delivery (clinic_no, webhook_id)
  where state = 'due' and attempt_until is not null;
create index webhook_delivery_list on holdfast.webhook_delivery (clinic_no, webhook_id, id);
create index webhook_delivery_created_at on holdfast.webhook_delivery using brin (created_at);
