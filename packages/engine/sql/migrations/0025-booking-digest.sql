-- The digest of a booking's account, type, patient and reasons, as it is after the event (booking_digest). null: written
-- by a release before this one. No index: only verify reads it.
alter table holdfast.booking_event add column booking_digest bytea;
