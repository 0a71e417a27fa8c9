-- Two more events: `linked`, a guest's booking becomes an account's (that which acted), and `reopened`, a mark is taken
-- back. `status_after` is what the booking is after them; of all other events the type says it, and it is null. Left to be
-- derived, it would depend on any number of predecessors, and whoever reads one event alone could not tell. Not called
-- `status`: the functions of the release before make a column of that name beside `event.*`.
-- The checks are not tried on what is there, which satisfied a narrower one: every claim would wait while the whole log
-- is read. 0005 does it beside them.
alter table holdfast.booking_event
  add column status_after text,
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'confirmed', 'extended', 'moved', 'cancelled', 'failed', 'arrived', 'completed', 'no_show', 'linked', 'reopened'))
    not valid,
  add constraint booking_event_status_check check (
    (type in ('linked', 'reopened')) = (status_after is not null)
    and (type <> 'linked' or actor_id is not null)
    and (type <> 'reopened' or status_after in ('CONFIRMED', 'ARRIVED'))
    and status_after in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')) not valid;
