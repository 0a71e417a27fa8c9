-- Bookings, and what guards their claims: keys, limits and tokens.

-- The checks of what a claim writes are PL/pgSQL functions (also clinic_no_of): for every statement that writes,
-- PostgreSQL reads the text of the table's checks anew, 35 kB for a lone claim and a quarter of its processor time in
-- the database. The body of a PL/pgSQL function is read once per connection, where an SQL function is opened anew for
-- every statement (docs/decisions/0007). One call for a row, and no SET, which makes a call half as long again: each
-- function has the bits of an id, and finds operators by the caller's search_path. Callers are the functions that write
-- these tables, which set it, and the owner.

-- A booking is valid if its id is of its clinic, and its status fits the rest. A CANCELLED booking that was never
-- confirmed has the reason `hold_released`, so that lists can leave it out; or `time_taken`, if it was a request that
-- held nothing, and its time was given to another one (take_requested_time). `slot_closed`: an offer of the waitlist
-- ended, because its slot cannot be booked any more, although it was not withdrawn (withdraw_offers).
create function holdfast.booking_is_valid(
  p_clinic_no integer, p_id uuid, p_status text, p_failure_reason text, p_appointment_type text,
  p_hold_expires_at timestamptz
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return (((get_byte(uuid_send(p_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_id), 7) << 12)
          | ((get_byte(uuid_send(p_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_id), 9) >> 2)) = p_clinic_no
     and p_appointment_type in ('in_person', 'video', 'case')
     and case p_status
           when 'PENDING' then p_hold_expires_at is not null and p_failure_reason is null
           when 'FAILED' then
             coalesce(p_failure_reason in ('hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error'), false)
           when 'CANCELLED' then coalesce(p_failure_reason in ('hold_released', 'time_taken', 'bumped'), true)
           else p_failure_reason is null and p_status in ('CONFIRMED', 'ARRIVED', 'NO_SHOW', 'COMPLETED') end;
end
$$;

-- Partitioned by month on the id, whose first 48 bits are its time (ensure_partitions). What else must be true of a row
-- no CHECK constraint says, because every claim would pay for reading it: verify compares it with the log.
create table holdfast.booking (
  clinic_no integer not null,
  id uuid not null,
  slot_id uuid not null,
  resource_id uuid not null,
  -- 0: a case that was over before its planned start (fit_units), or a request that holds nothing until it is approved
  -- (docs/decisions/0044).
  units integer not null
    check (units >= case when appointment_type = 'case' or requested_at is not null then 0 else 1 end),
  status text not null,
  failure_reason text,
  hold_expires_at timestamptz,
  -- The idempotency key of its last extension (or an invented one): a retry gets the same response, not a refusal.
  extended_by uuid,
  account_id uuid,
  appointment_type text not null,
  patient jsonb not null,
  reason text,
  cancellation_reason text,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- What identifies the patient was erased then. The booking keeps its slot, times, units and status, and the event
  -- `erased` says who erased it: docs/decisions/0012.
  erased_at timestamptz,
  -- It is an offer of the waitlist, or was accepted as one: docs/decisions/0018.
  waitlist_entry_id uuid,
  -- The patient says before the visit that they come to it: docs/decisions/0028. null: nobody has said so, or the
  -- booking was moved to another slot since.
  attendance_confirmed_at timestamptz,
  -- When its patient asked the clinic for it, at a visit type that needs approval: docs/decisions/0043. While it is
  -- PENDING, it waits for the answer. null: nobody had to ask.
  requested_at timestamptz,
  primary key (clinic_no, id),
  constraint booking_is_valid check
    (holdfast.booking_is_valid(clinic_no, id, status, failure_reason, appointment_type, hold_expires_at))
) partition by range (id);
-- Every row is in exactly one of these two: a claim writes one index entry, and lapsed holds are found at once.
create index booking_pending on holdfast.booking (clinic_no, slot_id, hold_expires_at) where status = 'PENDING';
create index booking_settled on holdfast.booking (clinic_no, slot_id) where status <> 'PENDING';
create index booking_account on holdfast.booking (account_id, id) where account_id is not null;
alter table holdfast.booking
  alter column patient set statistics 0,
  alter column reason set statistics 0,
  alter column cancellation_reason set statistics 0;

-- Who booked what with which key, stored for 24 hours. Key and hash are 128-bit digests (text costs 13 % more CPU).
create table holdfast.idempotency (
  clinic_no integer not null,
  key uuid not null,
  request_hash uuid not null,
  booking_id uuid not null,
  created_at timestamptz not null,
  primary key (clinic_no, key)
);
-- Also for the deletion by age, because ids have a time: docs/decisions/0011.
create index idempotency_booking on holdfast.idempotency (booking_id);
alter table holdfast.idempotency alter column request_hash set statistics 0;

-- The same as idempotency, for writes that are not bookings (clinics, doctors, members, slots): their response, which a
-- retry gets again. Global: a new clinic has no number yet. The key's digest covers who sent the request.
create table holdfast.answer (
  key uuid primary key,
  request_hash uuid not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  -- The ids in the response, so that the responses which name an erased booking are found by an index.
  ids uuid[] not null,
  -- The clinic that the request was about: the response moves with it to another database (docs/decisions/0032). null:
  -- of none.
  clinic_no integer
);
create index answer_created_at on holdfast.answer using brin (created_at);
-- There is no list of pending entries: an erasure would have to read all of it.
create index answer_ids on holdfast.answer using gin (ids) with (fastupdate = off);
-- A move of the clinic reads its responses while changes wait: docs/decisions/0032.
create index answer_clinic on holdfast.answer (clinic_no) where clinic_no is not null;
alter table holdfast.answer
  alter column request_hash set statistics 0,
  alter column body set statistics 0,
  alter column ids set statistics 0;

-- Where a booking came from: a row per address, network, account and contact. `subject` is a digest of it under the
-- server's secret, which nobody can turn back into an address. Written before the booking, by admit_claims; a row whose
-- booking is missing, over or older than 30 days counts no longer, and is deleted.
create table holdfast.booking_origin (
  clinic_no integer not null,
  subject uuid not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  kind text not null check (kind in ('address', 'network', 'account', 'contact')),
  at timestamptz not null,
  -- The digest of the claim's Idempotency-Key. Reservations of one key count once: at most one of its tries will book.
  key uuid,
  primary key (clinic_no, subject, booking_id)
);
-- For the same reasons as idempotency_booking.
create index booking_origin_booking on holdfast.booking_origin (booking_id);

-- How often the manage token of a booking was renewed, for those where it was. The epoch is part of the token's HMAC,
-- so tokens of earlier epochs are void. `renewal_key` is the digest of the last renewal's Idempotency-Key: a retry must
-- get the same token, also with the credential that the first try has voided.
create table holdfast.manage_token (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  epoch integer not null check (epoch >= 1),
  renewal_key uuid not null,
  renewed_at timestamptz not null default now(),
  primary key (clinic_no, booking_id)
);
