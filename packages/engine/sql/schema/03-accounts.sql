-- Who may do what, and the e-mails about that. The accounts themselves are in the schema of the library that signs
-- people in.

create table holdfast.site_administrator (
  account_id uuid primary key,
  created_at timestamptz not null default now()
);

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

-- Roles are granted by invitation: a person who has the token and an account accepts it, once. Only the token's SHA-256
-- is stored. `email` says whom it is for and grants nothing.
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

-- Accounts whose e-mail address is proven: they have confirmed a booking by a link that was sent to it. An account's
-- address never changes.
create table holdfast.verified_account (
  account_id uuid primary key,
  verified_at timestamptz not null default now()
);

-- In the directory of several databases: the clinics in which an account may have a role, so that a session is read
-- without a query to all databases. Whether the account has a role, and which one, the clinic's database says
-- (docs/decisions/0032). `mark` is another one each time a role is granted, so that a deletion that arrives late leaves
-- the note of a new role. An installation of one database has no rows here.
create table holdfast.account_clinic (
  account_id uuid not null,
  clinic_no integer not null check (clinic_no > 0),
  mark uuid not null default gen_random_uuid(),
  primary key (account_id, clinic_no)
);

-- In the directory of several databases: whom the owner of an account books for besides themselves, such as a child. It
-- only fills in forms. A booking has its own copy of the name, so a correction here changes no booking, and nobody is
-- recognized by it.
create table holdfast.account_person (
  account_id uuid not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 200),
  birth_date date,
  relation text check (relation in ('parent', 'child', 'partner', 'sibling', 'relative', 'in_care', 'other')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (account_id, id)
);

-- E-mails that are not about a booking: links to confirm an address, to choose a password, to a lost ticket;
-- invitations and notices. A row is written with what it is about, and deleted when the e-mail was sent or is not
-- valid any more. A request is a row that a server turns into e-mails, or into none: its sender learns nothing from
-- the response, or the time until it (docs/decisions/0029).
create table holdfast.account_mail (
  id uuid primary key,
  kind text not null check (char_length(kind) <= 50),
  is_request boolean not null,
  -- The address, the texts and the link, encrypted with a key that is derived from the server's secret.
  sealed text not null check (char_length(sealed) <= 20000),
  due_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  attempts integer not null default 0,
  -- Attempts that ended without a record after the e-mail was handed over.
  attempts_lost integer not null default 0,
  -- A process sends it until then.
  attempt_until timestamptz,
  -- The attempt has not handed it over yet.
  before_sending boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  -- The booking of an e-mail with the link to a ticket, so that it is deleted with the patient's data.
  booking_id uuid
);
create index account_mail_due on holdfast.account_mail (is_request, due_at);
create index account_mail_expires_at on holdfast.account_mail (expires_at);
create index account_mail_booking_id on holdfast.account_mail (booking_id) where booking_id is not null;
