-- The first schema. Two kinds of table: small and global (clinic, specialization, site_administrator, setting), or
-- with clinic_no first in the primary key and in every unique, exclusion and foreign key, so that a clinic's rows can
-- live together on one node (docs/decisions/0003). `holdfast` is owned by the migrating role; see sql/grants.sql for
-- what the server's role may do here.

create extension if not exists btree_gist;

-- The clinic's 24-bit number inside an id: the low 12 bits of bytes 6–7 and the first 12 after the variant.
create function holdfast.clinic_no_of(id uuid) returns integer
language sql immutable strict parallel safe
return ((get_byte(uuid_send(id), 6) & 15) << 20)
     | (get_byte(uuid_send(id), 7) << 12)
     | ((get_byte(uuid_send(id), 8) & 63) << 6)
     | (get_byte(uuid_send(id), 9) >> 2);

create table holdfast.setting (
  name text primary key,
  value text not null,
  created_at timestamptz not null default now()
);

create table holdfast.site_administrator (
  account_id uuid primary key,
  created_at timestamptz not null default now()
);

create sequence holdfast.clinic_no_seq as integer minvalue 1 maxvalue 16777215;

create table holdfast.clinic (
  no integer primary key check (no between 1 and 16777215),
  id uuid not null unique check (holdfast.clinic_no_of(id) = no),
  name text not null check (char_length(name) between 1 and 200),
  timezone text not null check (char_length(timezone) between 1 and 64),
  address text check (char_length(address) <= 500),
  phone text check (char_length(phone) <= 50),
  hold_seconds integer not null default 120 check (hold_seconds between 30 and 900),
  minimum_notice_minutes integer not null default 0 check (minimum_notice_minutes between 0 and 525600),
  booking_horizon_days integer not null default 730 check (booking_horizon_days between 1 and 730),
  cancellation_deadline_minutes integer not null default 0 check (cancellation_deadline_minutes between 0 and 525600),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table holdfast.specialization (
  name text primary key check (char_length(name) between 1 and 100)
);

-- What can be booked. `units` are its identical places for allocations (three infusion pumps: 3); a doctor's places
-- are the capacities of the slots. Never deleted: `active` is switched off.
create table holdfast.resource (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  kind text not null check (kind in ('doctor', 'operating_room', 'equipment', 'staff')),
  name text not null check (char_length(name) between 1 and 200),
  units integer not null default 1 check (units between 1 and 1000000),
  active boolean not null default true,
  specialization text references holdfast.specialization (name),
  experience_years integer check (experience_years between 0 and 80),
  rating numeric(2, 1) check (rating between 0 and 5),
  languages text[] not null default '{}' check (cardinality(languages) <= 20),
  fee_amount integer check (fee_amount between 0 and 1000000000),
  fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
  appointment_types text[] not null default '{in_person}'
    check (appointment_types <@ '{in_person,video}' and cardinality(appointment_types) between 1 and 2),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (clinic_no, id),
  check ((fee_amount is null) = (fee_currency is null)),
  check (kind <> 'doctor' or specialization is not null)
);
create index resource_name on holdfast.resource (clinic_no, kind, name, id);
create index resource_specialization on holdfast.resource (specialization, name, id) where kind = 'doctor' and active;

-- One role per account and clinic. A doctor's membership names the doctor (resource) whose calendar is their own.
create table holdfast.membership (
  clinic_no integer not null references holdfast.clinic (no),
  account_id uuid not null,
  role text not null check (role in ('doctor', 'staff', 'admin')),
  doctor_id uuid,
  created_at timestamptz not null default now(),
  primary key (clinic_no, account_id),
  foreign key (clinic_no, doctor_id) references holdfast.resource (clinic_no, id),
  check ((role = 'doctor') = (doctor_id is not null))
);
create index membership_account on holdfast.membership (account_id);

-- A resource's bookable time. `taken` counts the units of its PENDING, CONFIRMED, ARRIVED, COMPLETED and NO_SHOW
-- bookings and changes only inside the engine's functions; the CHECK stands behind them. `next_lapse` is never later
-- than the earliest end of a hold on it: claims look for lapsed holds only when it has passed.
-- fillfactor: the row is updated in place (HOT) by every batch that books it, no index covers what changes.
create table holdfast.slot (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  resource_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  capacity integer not null check (capacity between 1 and 1000000),
  taken integer not null default 0,
  next_lapse timestamptz,
  withdrawn_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint slot_never_overbooked check (taken between 0 and capacity),
  constraint slot_not_empty check (starts_at < ends_at),
  constraint slot_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, tstzrange(starts_at, ends_at) with &&) where (withdrawn_at is null)
) with (fillfactor = 50);
create index slot_resource on holdfast.slot (clinic_no, resource_id, starts_at);
create index slot_starts_at on holdfast.slot (clinic_no, starts_at);

-- Partitioned by month on the id, whose first 48 bits are its time. Partitions: sql/functions/ensure_partitions.sql.
create table holdfast.booking (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null check (units >= 1),
  status text not null check (status in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')),
  failure_reason text check (failure_reason in ('hold_expired', 'slot_withdrawn', 'system_error')),
  hold_expires_at timestamptz,
  -- The idempotency key that bought the one extension (or any made-up one): a retry is told the same, not refused.
  extended_by uuid,
  account_id uuid,
  appointment_type text not null check (appointment_type in ('in_person', 'video')),
  patient jsonb not null,
  reason text,
  cancellation_reason text,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (clinic_no, id),
  check ((status = 'FAILED') = (failure_reason is not null)),
  check (status <> 'PENDING' or hold_expires_at is not null)
) partition by range (id);
-- Every row stands in exactly one of these two: a claim writes one index entry, and lapsed holds are found at once.
create index booking_pending on holdfast.booking (clinic_no, slot_id, hold_expires_at) where status = 'PENDING';
create index booking_settled on holdfast.booking (clinic_no, slot_id) where status <> 'PENDING';
create index booking_account on holdfast.booking (account_id, id) where account_id is not null;

-- Who booked what with which key, kept for 24 hours. Key and hash are 128-bit digests (text costs 13 % more CPU).
create table holdfast.idempotency (
  clinic_no integer not null,
  key uuid not null,
  request_hash uuid not null,
  booking_id uuid not null,
  created_at timestamptz not null,
  primary key (clinic_no, key)
);
create index idempotency_created_at on holdfast.idempotency using brin (created_at);

-- The same for writes that are not bookings (clinics, doctors, members, slots): their answer, told again to a retry.
-- Global: a new clinic has no number yet. The key's digest covers who asked.
create table holdfast.answer (
  key uuid primary key,
  request_hash uuid not null,
  body jsonb not null,
  created_at timestamptz not null default now()
);
create index answer_created_at on holdfast.answer using brin (created_at);

-- The log: outbox, audit trail, live feed and rebuild source. Written only in the booking's own transaction; typed
-- columns hold what the booking became, so a booking is rebuilt by reading its events in order. No patient data.
-- (xid, seq) is the order of the tail, under the horizon of pg_snapshot_xmin(pg_current_snapshot()).
create sequence holdfast.booking_event_seq as bigint cache 1;
create table holdfast.booking_event (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  version integer not null check (version >= 1),
  xid xid8 not null default pg_current_xact_id(),
  seq bigint not null default nextval('holdfast.booking_event_seq'),
  at timestamptz not null,
  type text not null check (type in
    ('held', 'confirmed', 'extended', 'moved', 'cancelled', 'failed', 'arrived', 'completed', 'no_show')),
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
  primary key (clinic_no, booking_id, version)
) partition by range (booking_id);
create index booking_event_tail on holdfast.booking_event (xid, seq);
create index booking_event_clinic on holdfast.booking_event (clinic_no, xid, seq);

-- One unit of a resource for a time range; all allocations of a case stand or fall together. Nothing books cases yet:
-- the application role can read this table and no function writes it.
create table holdfast.allocation (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  booking_id uuid not null,
  resource_id uuid not null,
  unit_no integer not null check (unit_no >= 1),
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  active boolean not null default true,
  hold_expires_at timestamptz,
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint allocation_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, unit_no with =, during with &&) where (active)
);
create index allocation_booking on holdfast.allocation (clinic_no, booking_id);
