-- identity_keys: by what two entries or bookings of one name may be of one person (is_same_person): the e-mail address,
-- the telephone number (fold_phone, or all of its digits) and the account, as far as they are known; `none` if none is.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.identity_keys(p_patient jsonb, p_account_id uuid) returns text[]
language sql immutable parallel safe
return coalesce(
  nullif(array_remove(array['email ' || lower(btrim(p_patient->>'email')),
                            'phone ' || holdfast.fold_phone(p_patient->>'phone'),
                            'digits ' || nullif(regexp_replace(p_patient->>'phone', '[^0-9]', '', 'g'), ''),
                            'account ' || p_account_id], null), '{}'),
  '{none}');
