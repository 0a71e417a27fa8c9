-- is_same_person: whether two entries or bookings are of one person, as far as it is known: the same name, and the same
-- e-mail address, telephone number or account, or none of these for both.
--
-- Internal. The planner replaces a call by this body, and compares the names first, which costs less.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_same_person(
  p_patient jsonb, p_account_id uuid, p_other jsonb, p_other_account_id uuid
) returns boolean
language sql immutable parallel safe
return holdfast.fold_name(p_patient->>'name') is not distinct from holdfast.fold_name(p_other->>'name')
  and holdfast.identity_keys(p_patient, p_account_id) && holdfast.identity_keys(p_other, p_other_account_id);
