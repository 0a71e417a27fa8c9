-- A case whose patient has arrived can be moved until the patient is in the room, and stays ARRIVED: `moved` then has the
-- status afterwards. As before otherwise. 0242 validates the check, as 0081 did.
alter table holdfast.booking_event
  drop constraint booking_event_status_check,
  add constraint booking_event_status_check check (
    ((type in ('linked', 'reopened', 'erased', 'milestone', 'prolonged')) = (status_after is not null)
     or type = 'moved' and status_after = 'ARRIVED')
    and (type <> 'linked' or actor_id is not null or booking_digest is null)
    and (type <> 'reopened' or status_after in ('CONFIRMED', 'ARRIVED'))
    and status_after in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')) not valid;
