-- patient_of: the patient of a case's plan, by id or record number; null: a patient without cases. A number that is
-- spelled in another way finds the patient, too (fold_record_number), unless somebody has exactly this one. The number
-- of a record that was merged into another one finds that; a case keeps its own.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.patient_of(p_clinic_no integer, p_plan jsonb) returns uuid
language sql stable
begin atomic
  select coalesce((p_plan->>'patientId')::uuid,
                  (select coalesce(t.merged_into, t.id) from holdfast.patient t
                    where t.clinic_no = p_clinic_no and t.mrn = p_plan->'patient'->>'mrn'),
                  (select coalesce(t.merged_into, t.id) from holdfast.patient t
                    where t.clinic_no = p_clinic_no
                      and t.record_key = holdfast.fold_record_number(p_plan->'patient'->>'mrn')));
end;
