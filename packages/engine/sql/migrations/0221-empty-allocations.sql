-- A case that was over before its planned start takes nothing of it: an empty range (docs/decisions/0048). The check is
-- not read for existing rows, which satisfied a narrower one; 0222 does that beside the claims.
alter table holdfast.allocation
  drop constraint allocation_during_check,
  add constraint allocation_during_check check (not lower_inf(during) and not upper_inf(during)) not valid;
