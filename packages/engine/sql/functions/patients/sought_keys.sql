-- sought_keys: by which of identity_keys visits_at_once looks for other appointments of a patient, or by `name`, which
-- all of one name have; null: it looks for none.
--
-- p_known_by: how it is known who the patient is, which decides what is compared, and so what the caller can find out
-- about others:
--   clinic: a member of the clinic books: the name alone, because many patients are entered once with contacts and
--     once without; whoever books sees whom it may be, and is only asked
--   account: the account alone, which is the caller's
--   address: the e-mail address alone, which the patient has proven
-- null: it is not known.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.sought_keys(p_known_by text, p_patient jsonb, p_account_id uuid) returns text[]
language sql immutable parallel safe
return case
  when coalesce(holdfast.fold_name(p_patient->>'name'), '') = '' then null
  when p_known_by = 'clinic' then holdfast.identity_keys(p_patient, p_account_id) || '{name}'
  when p_known_by = 'account' and p_account_id is not null then holdfast.identity_keys('{}', p_account_id)
  when p_known_by = 'address' and p_patient->>'email' is not null
    then holdfast.identity_keys(p_patient - 'phone', null) end;
