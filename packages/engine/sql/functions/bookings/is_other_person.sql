-- is_other_person: whether a corrected patient is another person than before: their name is another one, and neither
-- the e-mail address nor the telephone number is shared.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_other_person(p_former jsonb, p_patient jsonb) returns boolean
language sql immutable
return holdfast.fold_name(p_former->>'name') is distinct from holdfast.fold_name(p_patient->>'name')
   and not array_remove(holdfast.identity_keys(p_former, null), 'none') && holdfast.identity_keys(p_patient, null);
