-- patient_lock: the advisory lock of a patient's name in a clinic (lock_patients).
--
-- p_name: a result of fold_name. Two names may have one digest, and then wait for each other.
-- Internal. The planner replaces a call by this body. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.patient_lock(p_clinic_no integer, p_name text) returns bigint
language sql immutable parallel safe
return hashtextextended('holdfast.patient ' || p_clinic_no || ' ' || p_name, 0);
