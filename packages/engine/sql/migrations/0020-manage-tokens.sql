-- How often the manage token of a booking was renewed, for those where it was. The epoch is part of the token's HMAC, so
-- tokens of earlier epochs are void. `renewal_key` is the digest of the last renewal's Idempotency-Key: a retry must get
-- the same token, also with the credential that the first try has voided.
create table holdfast.manage_token (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  epoch integer not null check (epoch >= 1),
  renewal_key uuid not null,
  renewed_at timestamptz not null default now(),
  primary key (clinic_no, booking_id)
);
