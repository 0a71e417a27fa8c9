-- Why a message was given up, for those who read it in their language; null: it was not, or before this was recorded.
alter table holdfast.message
  add column failure text
    check (failure in ('address_refused', 'refused', 'unavailable', 'unknown', 'number_unusable'));
