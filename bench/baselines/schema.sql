-- What the tables of all designs have.
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
  slot_id uuid not null,
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
