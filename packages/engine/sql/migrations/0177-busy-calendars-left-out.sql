-- How many events of an external calendar could not be read when it was read last. They block nothing.
alter table holdfast.busy_calendar add column left_out integer not null default 0 check (left_out >= 0);
