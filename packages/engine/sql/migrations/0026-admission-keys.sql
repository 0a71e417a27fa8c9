-- The digest of the claim's Idempotency-Key. Reservations of one key count once: at most one of its tries will book.
-- null: written by a release before this one.
alter table holdfast.booking_origin add column key uuid;
