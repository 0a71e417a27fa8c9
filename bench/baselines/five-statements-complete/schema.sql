-- five-statements, and in addition what Holdfast stores for a booking: the idempotency key, the event, and the
-- reference to the slot, with the necessary indexes only.
alter table booking add foreign key (slot_id) references slot (id);

create table idempotency (
  key uuid primary key,
  request_hash uuid not null,
  booking_id uuid not null,
  created_at timestamptz not null default now()
);

create table booking_event (
  seq bigint generated always as identity primary key,
  booking_id uuid not null references booking (id),
  at timestamptz not null default now(),
  type text not null,
  slot_id uuid not null,
  units integer not null
);
create index booking_event_booking on booking_event (booking_id);
