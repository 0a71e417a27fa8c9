-- The holder of the key in Redis may book.
alter table slot add column booked integer not null default 0;
