-- The epochs of the log: docs/decisions/0011-the-log-has-an-epoch.md. A new one begins when another database server, or
-- another history of the same one, continues the log, because its transaction numbers may be in use already.
create table holdfast.log_epoch (
  -- The time at which it began, in seconds since 1970, so that no restored database uses a number again.
  no bigint primary key check (no between 1 and 999999999999),
  -- What holdfast.running_server() returned.
  server text not null,
  -- Everything that was written in this epoch has this transaction number or a higher one. What has a lower one was
  -- part of the log before.
  starts_at xid8 not null,
  began_at timestamptz not null default clock_timestamp()
);
