-- The patient says before the visit that they come to it: docs/decisions/0045. null: nobody has said so, or the booking
-- was moved to another slot since. No CHECK constraint says when it may be set, as every claim would pay for reading it:
-- verify compares it with the log.
alter table holdfast.booking add column attendance_confirmed_at timestamptz;

-- As before, with `attendance_confirmed`, which changes no status. The check is not read for existing rows, which
-- satisfied a narrower one; 0185 does that beside the claims.
alter table holdfast.booking_event
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'attendance_confirmed', 'cancelled',
     'failed', 'arrived', 'completed', 'no_show', 'linked', 'reopened', 'erased', 'milestone', 'prolonged'))
    not valid;
