-- Roles are granted by invitation: whoever has the token and an account accepts it, once. Only the token's SHA-256 is
-- stored. `email` says whom it is for and grants nothing, because addresses are not verified.
create table holdfast.invitation (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  token_hash bytea not null check (octet_length(token_hash) = 32),
  email text not null check (char_length(email) between 3 and 254),
  role text not null check (role in ('doctor', 'staff', 'admin')),
  doctor_id uuid,
  invited_by uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '72 hours',
  accepted_at timestamptz,
  accepted_by uuid,
  primary key (clinic_no, id),
  foreign key (clinic_no, doctor_id) references holdfast.resource (clinic_no, id),
  check ((role = 'doctor') = (doctor_id is not null)),
  check ((accepted_at is null) = (accepted_by is null))
);
-- A new invitation for an address replaces the open one.
create unique index invitation_open on holdfast.invitation (clinic_no, email) where accepted_at is null;
