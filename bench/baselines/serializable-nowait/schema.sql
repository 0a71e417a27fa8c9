-- The slot has a counter, changed in a SERIALIZABLE transaction that refuses to wait for a lock.
alter table slot add column booked integer not null default 0;
