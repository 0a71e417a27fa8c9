-- How many bookings people may make in a clinic at once, so that nobody fills its calendar. They bind guests and
-- accounts that book for themselves, never the clinic's people.

alter table holdfast.clinic
  add column guest_units_max integer not null default 4 check (guest_units_max between 1 and 1000000),
  add column address_holds_max integer not null default 10 check (address_holds_max between 1 and 1000),
  add column address_bookings_max integer not null default 40 check (address_bookings_max between 1 and 1000),
  add column account_holds_max integer not null default 5 check (account_holds_max between 1 and 1000),
  add column account_bookings_max integer not null default 20 check (account_bookings_max between 1 and 1000),
  add column contact_holds_max integer not null default 3 check (contact_holds_max between 1 and 1000),
  add column contact_bookings_max integer not null default 10 check (contact_bookings_max between 1 and 1000);

-- Where a booking came from: a row per address, network, account and contact. `subject` is a digest of it under the
-- server's secret, which nobody can turn back into an address. Written before the booking, by admit_claims; a row whose
-- booking is missing, over or older than 30 days counts no longer, and is deleted.
create table holdfast.booking_origin (
  clinic_no integer not null,
  subject uuid not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  kind text not null check (kind in ('address', 'network', 'account', 'contact')),
  at timestamptz not null,
  primary key (clinic_no, subject, booking_id)
);
create index booking_origin_at on holdfast.booking_origin using brin (at);
