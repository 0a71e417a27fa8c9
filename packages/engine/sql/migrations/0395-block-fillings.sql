-- Blocks that are being filled from the waitlist, in steps, by one run at a time. A run that did not end, because whoever
-- drove it has left, is over at running_until; the next run of the block replaces it. examined: how many open requests
-- were looked at; booked: how many cases were booked or held.
create table holdfast.block_filling (
  clinic_no integer not null,
  block_id uuid not null,
  run_id uuid not null,
  running_until timestamptz not null,
  examined integer not null,
  booked integer not null,
  primary key (clinic_no, block_id)
);
