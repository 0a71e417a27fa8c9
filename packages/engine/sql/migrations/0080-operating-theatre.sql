-- The operating theatre (docs/decisions/0020). A case is a booking, of type `case`, on a slot: a block of an operating
-- room, or a day of its open time. Its units are its minutes with turnover; what else it takes are its allocations.
-- The checks are not read for existing rows, which satisfied narrower ones; 0081 does that beside the claims.

-- `open_time` is what the slots of a room's open time belong to, so that they may overlap its blocks. A patient has no
-- name here: see theatre_patient.
alter table holdfast.resource
  drop constraint resource_kind_check,
  add constraint resource_kind_check check
    (kind in ('doctor', 'operating_room', 'open_time', 'equipment', 'staff', 'patient')) not valid,
  -- A room's turnover, or the reprocessing of equipment: how long it stays taken after a case.
  add column turnover_minutes integer not null default 0 check (turnover_minutes between 0 and 2880),
  add column site text check (char_length(site) <= 200),
  -- Local opening times of a room, [{weekday, from, to}]; null: always open.
  add column hours jsonb,
  add column profession text check (profession in ('surgeon', 'anaesthetist', 'nurse', 'technician')),
  add column preferred_equipment_ids uuid[] not null default '{}' check (cardinality(preferred_equipment_ids) <= 20),
  -- Of a room: its resource of kind open_time.
  add column open_time_id uuid,
  add constraint resource_open_time check ((kind = 'operating_room') = (open_time_id is not null)) not valid,
  add constraint resource_profession check ((kind = 'staff') = (profession is not null)) not valid,
  add constraint resource_clinic_no_open_time_id_fkey
    foreign key (clinic_no, open_time_id) references holdfast.resource (clinic_no, id) not valid;

-- A patient's first case is no change of the directory.
drop trigger note_change on holdfast.resource;
create trigger note_change after insert or update on holdfast.resource for each row when (new.kind <> 'patient')
  execute function holdfast.note_resource_change();

-- Identifies a patient of cases within the clinic. The only place of what an erasure removes.
create table holdfast.theatre_patient (
  clinic_no integer not null,
  id uuid not null,
  mrn text check (char_length(mrn) between 1 and 64),
  name text check (char_length(name) between 1 and 200),
  birth_date date,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (clinic_no, id),
  check (case when erased_at is null then num_nulls(mrn, name) = 0 else num_nonnulls(mrn, name, birth_date) = 0 end)
);
create unique index theatre_patient_mrn on holdfast.theatre_patient (clinic_no, mrn) where mrn is not null;
-- As of bookings (0035): statistics would outlive the erasure.
alter table holdfast.theatre_patient
  alter column mrn set statistics 0, alter column name set statistics 0, alter column birth_date set statistics 0;

-- Whose a block is. Its room, times, minutes and what is used of them are its slot's.
create table holdfast.block (
  clinic_no integer not null,
  slot_id uuid not null check (holdfast.clinic_no_of(slot_id) = clinic_no),
  service text check (char_length(service) between 1 and 100),
  surgeon_id uuid,
  release_days integer check (release_days between 0 and 365),
  released_at timestamptz,
  series_id uuid,
  updated_by uuid,
  primary key (clinic_no, slot_id),
  foreign key (clinic_no, surgeon_id) references holdfast.resource (clinic_no, id)
);

-- The waiting list. An open request has a case that was never made, or that has FAILED or was CANCELLED.
create table holdfast.case_request (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  patient_id uuid not null,
  service text not null check (char_length(service) between 1 and 100),
  procedure_code text not null check (char_length(procedure_code) between 1 and 64),
  procedure_display text not null check (char_length(procedure_display) between 1 and 500),
  minutes integer not null check (minutes between 1 and 1440),
  urgency text not null check (urgency in ('immediate', 'urgent', 'expedited', 'elective')),
  due_on date,
  room_id uuid,
  surgeon_id uuid,
  anaesthetist_id uuid,
  staff_ids uuid[] not null default '{}' check (cardinality(staff_ids) <= 20),
  equipment jsonb not null default '[]',
  note text check (char_length(note) <= 1000),
  case_id uuid,
  bumped_case_id uuid,
  bump_reason text check (char_length(bump_reason) <= 500),
  withdrawn_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  primary key (clinic_no, id),
  foreign key (clinic_no, patient_id) references holdfast.resource (clinic_no, id)
);
create index case_request_list on holdfast.case_request (clinic_no, created_at) where withdrawn_at is null;
create index case_request_patient on holdfast.case_request (clinic_no, patient_id);
alter table holdfast.case_request alter column note set statistics 0, alter column bump_reason set statistics 0;

-- What a case is; its status, hold and version are its booking's, by the same id. The plan stays when the case is
-- cancelled; the allocations, which follow from it, do not.
create table holdfast.theatre_case (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  room_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- Later than ends_at: it was extended while it ran.
  expected_ends_at timestamptz not null,
  turnover_minutes integer not null check (turnover_minutes >= 0),
  surgeon_id uuid not null,
  anaesthetist_id uuid,
  staff_ids uuid[] not null check (cardinality(staff_ids) <= 20),
  -- [{equipmentId, units}]
  equipment jsonb not null,
  patient_id uuid not null,
  service text not null check (char_length(service) between 1 and 100),
  procedure_code text not null check (char_length(procedure_code) between 1 and 64),
  procedure_display text not null check (char_length(procedure_display) between 1 and 500),
  urgency text not null check (urgency in ('immediate', 'urgent', 'expedited', 'elective')),
  -- Soft rules that an admin has overridden: {rules, reason}.
  override jsonb,
  request_id uuid,
  primary key (clinic_no, booking_id),
  foreign key (clinic_no, room_id) references holdfast.resource (clinic_no, id),
  foreign key (clinic_no, surgeon_id) references holdfast.resource (clinic_no, id),
  foreign key (clinic_no, patient_id) references holdfast.resource (clinic_no, id),
  check (starts_at < ends_at and ends_at <= expected_ends_at)
);
create index theatre_case_starts_at on holdfast.theatre_case (clinic_no, starts_at);
create index theatre_case_patient on holdfast.theatre_case (clinic_no, patient_id);
create index theatre_case_procedure on holdfast.theatre_case (clinic_no, procedure_code, surgeon_id);

create table holdfast.case_milestone (
  clinic_no integer not null,
  booking_id uuid not null,
  milestone text not null check (milestone in
    ('arrived', 'in_room', 'anaesthesia_start', 'incision', 'closure', 'out_of_room', 'cleaned')),
  at timestamptz not null,
  primary key (clinic_no, booking_id, milestone)
);

-- One unit of a resource for a time range, with turnover or reprocessing: what a live case takes. Deleted with the end
-- of the hold, a cancellation and the like (release_allocations); the log keeps what there was. The hold's end is the
-- booking's. Until now the table was empty, and nothing wrote it.
drop table holdfast.allocation;
create table holdfast.allocation (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  resource_id uuid not null,
  unit_no integer not null check (unit_no >= 1),
  kind text not null check (kind in ('room', 'surgeon', 'anaesthetist', 'staff', 'equipment', 'patient')),
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  primary key (clinic_no, booking_id, resource_id, unit_no),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  -- A backstop: cases are checked under the locks of their resources.
  constraint allocation_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, unit_no with =, during with &&)
);

alter table holdfast.booking
  drop constraint booking_appointment_type_check,
  add constraint booking_appointment_type_check check (appointment_type in ('in_person', 'video', 'case')) not valid,
  drop constraint booking_failure_reason_check,
  add constraint booking_failure_reason_check check
    (failure_reason in ('hold_expired', 'slot_withdrawn', 'system_error', 'hold_released', 'bumped')) not valid,
  drop constraint booking_failure_reason_status_check,
  add constraint booking_failure_reason_status_check check (
    case status when 'FAILED' then failure_reason is not null and failure_reason not in ('hold_released', 'bumped')
                when 'CANCELLED' then failure_reason is null or failure_reason in ('hold_released', 'bumped')
                else failure_reason is null end) not valid;

-- case_details: what the event says of a case; null for appointments. {allocations: [[kind, resource, unit, from, to]]}
-- when it was claimed, moved or extended, {milestone, at} when a milestone was recorded.
-- `milestone` has the status afterwards, as `reopened` has; `prolonged` changes no status.
alter table holdfast.booking_event
  add column case_details jsonb,
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'confirmed', 'extended', 'moved', 'cancelled', 'failed', 'arrived', 'completed', 'no_show', 'linked',
     'reopened', 'erased', 'milestone', 'prolonged'))
    not valid,
  drop constraint booking_event_status_check,
  add constraint booking_event_status_check check (
    (type in ('linked', 'reopened', 'erased', 'milestone', 'prolonged')) = (status_after is not null)
    and (type <> 'linked' or actor_id is not null or booking_digest is null)
    and (type <> 'reopened' or status_after in ('CONFIRMED', 'ARRIVED'))
    and status_after in ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')) not valid;
