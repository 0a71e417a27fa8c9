-- The slot has a counter and a version; a transaction that finds another version than it read tries again.
alter table slot
  add column booked integer not null default 0,
  add column version integer not null default 0;
