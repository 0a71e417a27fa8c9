-- The idempotency key of the request that made a change: a repetition whose first response was lost finds its event,
-- and the change is not made again. A 128-bit digest; null: a claim, whose key is in `idempotency`, the sweep, or a
-- change by an earlier release.
alter table holdfast.booking_event add column request_key uuid;
