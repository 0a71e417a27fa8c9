-- As in 0184, with `attendance_withdrawn`: docs/decisions/0045. The check is not read for existing rows, which satisfied a
-- narrower one; 0224 does that beside the claims.
alter table holdfast.booking_event
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'attendance_confirmed',
     'attendance_withdrawn', 'cancelled', 'failed', 'arrived', 'completed', 'no_show', 'linked', 'reopened', 'erased',
     'milestone', 'prolonged'))
    not valid;
