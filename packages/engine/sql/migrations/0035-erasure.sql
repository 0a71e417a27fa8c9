-- Erasing what identifies a patient: docs/decisions/0016. The booking keeps its slot, times, units and status; the
-- event `erased` says who erased it and when.
-- No CHECK constraint says what an erased booking has: every claim would pay for reading it, and verify finds the rest.
alter table holdfast.booking add column erased_at timestamptz;

-- As before, with `erased`, which changes no status. An erased booking has neither digests nor the account of its link.
-- 0036 validates the checks, as 0005 did.
alter table holdfast.booking_event
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'confirmed', 'extended', 'moved', 'cancelled', 'failed', 'arrived', 'completed', 'no_show', 'linked',
     'reopened', 'erased'))
    not valid,
  drop constraint booking_event_status_check,
  add constraint booking_event_status_check check (
    (type in ('linked', 'reopened', 'erased')) = (status_after is not null)
    and (type <> 'linked' or actor_id is not null or booking_digest is null)
    and (type <> 'reopened' or status_after in ('CONFIRMED', 'ARRIVED'))
    and status_after in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')) not valid;

-- Bookings that were erased a moment ago: a request that read the patient before may still store its response. The
-- upkeep deletes such copies, and then the row.
create table holdfast.erased_booking (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  erased_at timestamptz not null,
  primary key (clinic_no, booking_id)
);

-- The statistics of a column contain samples of it, which would outlive the erasure: of patients, and of digests from
-- which they could be guessed. No query is planned by these columns.
alter table holdfast.booking
  alter column patient set statistics 0,
  alter column reason set statistics 0,
  alter column cancellation_reason set statistics 0;
alter table holdfast.booking_event alter column booking_digest set statistics 0;
alter table holdfast.idempotency alter column request_hash set statistics 0;
alter table holdfast.answer alter column body set statistics 0, alter column request_hash set statistics 0;
