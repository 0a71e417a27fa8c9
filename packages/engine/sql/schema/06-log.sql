-- The log of bookings, and who reads it how far.

-- An event is valid if its booking's id is of its clinic, and its type fits the rest. status_after is null where the
-- type says what the booking has become. An erased booking has neither digests nor the account of its link. A case
-- whose patient has arrived can be moved until the patient is in the room, and stays ARRIVED.
create function holdfast.booking_event_is_valid(
  p_clinic_no integer, p_booking_id uuid, p_type text, p_status_after text, p_actor_id uuid, p_booking_digest bytea
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return (((get_byte(uuid_send(p_booking_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_booking_id), 7) << 12)
          | ((get_byte(uuid_send(p_booking_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_booking_id), 9) >> 2)) = p_clinic_no
     and case
           when p_status_after is null then
             p_type in ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'requested', 'moved',
                        'attendance_confirmed', 'attendance_withdrawn', 'cancelled', 'failed', 'arrived', 'completed',
                        'no_show')
           when p_type = 'moved' then p_status_after = 'ARRIVED'
           when p_type = 'reopened' then p_status_after in ('CONFIRMED', 'ARRIVED')
           else p_type in ('linked', 'corrected', 'contact_corrected', 'consent_withdrawn', 'answers_corrected',
                           'erased', 'milestone', 'prolonged')
                and p_status_after in
                  ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')
                and (p_type <> 'linked' or p_actor_id is not null or p_booking_digest is null) end;
end
$$;

create sequence holdfast.booking_event_seq as bigint cache 1;

-- The log: outbox, audit trail, live feed and rebuild source. Written only in the booking's own transaction; typed
-- columns hold what the booking became, so a booking is rebuilt by reading its events in order. No patient data.
-- (xid, seq) is the order of the tail, under the horizon of pg_snapshot_xmin(pg_current_snapshot()).
create table holdfast.booking_event (
  clinic_no integer not null,
  booking_id uuid not null,
  version integer not null check (version >= 1),
  xid xid8 not null default pg_current_xact_id(),
  seq bigint not null default nextval('holdfast.booking_event_seq'),
  at timestamptz not null,
  type text not null,
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null,
  hold_expires_at timestamptz,
  -- moved: the slot it came from
  from_slot_id uuid,
  -- failed: its failure_reason
  reason text,
  -- the account that acted; null: the holder of the manage token, or the system
  actor_id uuid,
  -- What the booking is after the event, where the type does not say it. Derived from the events before, it would
  -- depend on any number of them, and a reader of one event alone could not tell.
  status_after text,
  -- The idempotency key of the request that made the change, as a 128-bit digest: a repetition whose first response was
  -- lost finds its event, and the change is not made again. null: a claim, whose key is in idempotency, or the sweep.
  request_key uuid,
  -- The digest of the booking's account, type, patient and reasons, as they are after the event (booking_digest). No
  -- index: only verify reads it.
  booking_digest bytea,
  -- What the event says of a case; null for appointments. {allocations: [[kind, resource, unit, from, to]]} when it was
  -- claimed, moved or extended, {milestone, at} when a milestone was recorded.
  case_details jsonb,
  -- offered: the entry of the waitlist
  waitlist_entry_id uuid,
  primary key (clinic_no, booking_id, version),
  constraint booking_event_is_valid check
    (holdfast.booking_event_is_valid(clinic_no, booking_id, type, status_after, actor_id, booking_digest))
) partition by range (booking_id);
create index booking_event_tail on holdfast.booking_event (xid, seq);
create index booking_event_clinic on holdfast.booking_event (clinic_no, xid, seq);
alter table holdfast.booking_event
  alter column request_key set statistics 0,
  alter column booking_digest set statistics 0;

-- Copies of the events of bookings that were more than a month old. With the partitions of the last months they are the
-- recent part of the log, so its reader needs no older partition (docs/decisions/0011).
create table holdfast.late_event (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  version integer not null check (version >= 1),
  xid xid8 not null,
  seq bigint not null,
  at timestamptz not null,
  type text not null,
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null,
  hold_expires_at timestamptz,
  from_slot_id uuid,
  reason text,
  actor_id uuid,
  status_after text,
  case_details jsonb,
  primary key (clinic_no, booking_id, version)
);
create index late_event_tail on holdfast.late_event (xid, seq);
create index late_event_clinic on holdfast.late_event (clinic_no, xid, seq);
create index late_event_at on holdfast.late_event using brin (at);

-- The two parts of the recent log. bound_recent_log renews their bound. Two views, because PostgreSQL cannot read a
-- UNION ALL of tables with conditions in the order of an index.
create view holdfast.recent_event as
  select clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, hold_expires_at, from_slot_id,
         reason, actor_id, status_after, case_details
    from holdfast.booking_event
   where booking_id >= '00000000-0000-0000-0000-000000000000';
create view holdfast.recent_late_event as
  select * from holdfast.late_event where booking_id < '00000000-0000-0000-0000-000000000000';

-- What changes a response about doctors and their times, and is no booking: clinics and doctors edited, slots created
-- or withdrawn. Written by triggers; read by the tail beside the log of bookings, in one order with it (the same
-- sequence), to drop cached responses. Stored for a day: caches start empty.
create table holdfast.directory_change (
  clinic_no integer not null,
  seq bigint not null default nextval('holdfast.booking_event_seq'),
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  -- null: the clinic itself
  resource_id uuid,
  primary key (clinic_no, seq)
);
create index directory_change_tail on holdfast.directory_change (xid, seq);
create index directory_change_at on holdfast.directory_change using brin (at);

-- The epochs of the log: docs/decisions/0009. A new one begins when another database server, or another history of the
-- same one, continues the log, because its transaction numbers may be in use already.
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
  -- It gets what is written after that.
  added_at timestamptz not null default now(),
  check ((holder is null) = (held_until is null))
);
