-- `unanswered`: an entry of the waitlist has ended, because its offers were not answered. The check is not read for
-- existing rows, which satisfied a narrower one; 0232 does that beside the claims.
alter table holdfast.message
  drop constraint message_kind_check,
  add constraint message_kind_check check
    (kind in ('offered', 'unanswered', 'confirm', 'confirmed', 'moved', 'cancelled', 'withdrawn', 'reminder'))
    not valid;
