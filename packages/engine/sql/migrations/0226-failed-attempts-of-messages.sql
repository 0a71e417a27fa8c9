-- attempted_at: when the last attempt ended; null: there was none, or a server of the former release has made it.
-- internal_error: the message could not be written. The check is not read for existing rows, which satisfied a narrower
-- one; 0227 does that beside the claims.
alter table holdfast.message
  add column attempted_at timestamptz,
  drop constraint message_failure_check,
  add constraint message_failure_check
    check (failure in ('address_refused', 'refused', 'unavailable', 'unknown', 'number_unusable', 'internal_error'))
    not valid;
