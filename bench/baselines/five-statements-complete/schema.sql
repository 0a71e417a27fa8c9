-- five-statements, and in addition what Holdfast stores for a booking: the idempotency key, the event, and the
-- reference to the slot, with the necessary indexes only.
create table doctor (
  id uuid primary key,
  clinic_id uuid not null,
  name text not null
);

create table slot (
  id uuid primary key,
  doctor_id uuid not null references doctor (id),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  capacity integer not null
);
create index slot_doctor on slot (doctor_id, starts_at);

create table booking (
  id uuid primary key default gen_random_uuid(),
  slot_id uuid not null references slot (id),
  units integer not null check (units >= 1),
  status text not null check (status in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED')),
  appointment_type text not null,
  patient_name text not null,
  patient_email text,
  patient_phone text,
  reason text,
  expires_at timestamptz,
  created_at timestamptz not null default now()
);
create index booking_slot on booking (slot_id);

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
