-- Who gets the log forwarded, and how far: one row per receiver, such as the e-mails. Everything at or before the
-- position has been delivered. A process delivers while it is the holder, so that two do not do the same work; the
-- position moves in the transaction that records what the delivery did.
create table holdfast.log_receiver (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  epoch bigint not null check (epoch >= 1),
  xid xid8 not null,
  seq bigint not null,
  holder uuid,
  held_until timestamptz,
  delivered_at timestamptz,
  check ((holder is null) = (held_until is null))
);
