-- After how many months patients are erased from bookings, counted from the start of the appointment; 0: never.
alter table holdfast.clinic
  add column patient_data_months integer not null default 0 check (patient_data_months between 0 and 120);

-- How far the retention of a clinic has come: all its slots up to this one, by start and id, are done.
create table holdfast.retention_progress (
  clinic_no integer primary key,
  starts_at timestamptz not null,
  slot_id uuid not null check (holdfast.clinic_no_of(slot_id) = clinic_no)
);
