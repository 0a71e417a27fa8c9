-- Copies of the events of bookings that were more than a month old. With the partitions of the last months they are the
-- recent part of the log, so its reader needs no older partition (docs/decisions/0015).
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

-- Replaced by bound_recent_log, which gives them another bound and later columns. Two views, because PostgreSQL cannot
-- read a UNION ALL of tables with conditions in the order of an index.
create view holdfast.recent_event as
  select clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, hold_expires_at, from_slot_id,
         reason, actor_id, status_after
    from holdfast.booking_event
   where booking_id >= '00000000-0000-0000-0000-000000000000';
create view holdfast.recent_late_event as
  select * from holdfast.late_event where booking_id < '00000000-0000-0000-0000-000000000000';
