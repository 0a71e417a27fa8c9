-- is_patient: whether a plan may be for the patient who has its record number: its {name, birthDate, correct} has their
-- name, by fold_name, and no other birth date; or it is said to correct them.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: 22007 for a date that is none. Idempotent: yes.
create or replace function holdfast.is_patient(p_name text, p_birth_date date, p_sent jsonb) returns boolean
language sql stable
return (p_sent->>'correct')::boolean is true
       or holdfast.fold_name(p_sent->>'name') = holdfast.fold_name(p_name)
          and coalesce((p_sent->>'birthDate')::date = p_birth_date, true);
