-- The check of 0245, on the rows there were before: with a lock that claims, and all that they write, don't wait for. The
-- tail of the log waits for this transaction, so each of the large tables has its own.
alter table holdfast.slot validate constraint slot_check;
