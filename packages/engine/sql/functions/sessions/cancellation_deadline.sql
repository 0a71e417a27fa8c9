-- cancellation_deadline: how long before its start a booking's slot may be left by its patient: as its visit type says,
-- or else its clinic. p_visit_type_id: null: the slot is of no visit.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.cancellation_deadline(p_clinic holdfast.clinic, p_visit_type_id uuid)
  returns interval
language sql stable
return make_interval(mins => coalesce((select t.cancellation_deadline_minutes from holdfast.visit_type t
                                        where t.clinic_no = (p_clinic).no and t.id = p_visit_type_id),
                                      (p_clinic).cancellation_deadline_minutes));
