-- The operating theatre (docs/decisions/0014). A case is a booking, of type `case`, on a slot: a block of an operating
-- room, or a day of its open time. Its units are its minutes with turnover; what else it takes are its allocations.

-- Who owns a block. Its room, times, minutes and what is used of them are its slot's.
create table holdfast.block (
  clinic_no integer not null,
  slot_id uuid not null check (holdfast.clinic_no_of(slot_id) = clinic_no),
  service text check (char_length(service) between 1 and 100),
  surgeon_id uuid,
  release_days integer check (release_days between 0 and 365),
  released_at timestamptz,
  series_id uuid,
  updated_by uuid,
  -- The planned minutes of a block that has booked more of them, because its slot's capacity has to be at least what is
  -- booked: docs/decisions/0030. null: the capacity of its slot.
  minutes integer check (minutes >= 1),
  primary key (clinic_no, slot_id),
  foreign key (clinic_no, surgeon_id) references holdfast.resource (clinic_no, id)
);

-- Blocks that are being filled from the waiting list, in steps, by one run at a time: docs/decisions/0033. A run that
-- did not end, because its caller has left, is over at running_until; the next run of the block replaces it.
create table holdfast.block_filling (
  clinic_no integer not null,
  block_id uuid not null,
  run_id uuid not null,
  running_until timestamptz not null,
  -- How many open requests were looked at, and how many cases were booked or held.
  examined integer not null,
  booked integer not null,
  primary key (clinic_no, block_id)
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
  -- [{equipmentId, units}]
  equipment jsonb not null default '[]',
  note text check (char_length(note) <= 1000),
  case_id uuid,
  bumped_case_id uuid,
  bump_reason text check (char_length(bump_reason) <= 500),
  withdrawn_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  -- The number of changes of what is requested, from 1.
  version integer not null default 1,
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
  -- See expected_end; ends_at, until the patient is in the room or another end is said.
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
  -- What the case was booked or last moved as: see case_digest.
  digest bytea,
  primary key (clinic_no, booking_id),
  foreign key (clinic_no, room_id) references holdfast.resource (clinic_no, id),
  foreign key (clinic_no, surgeon_id) references holdfast.resource (clinic_no, id),
  foreign key (clinic_no, patient_id) references holdfast.resource (clinic_no, id),
  check (starts_at < ends_at)
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
-- booking's. Rooms and devices of visits are taken in the same way, with the buffers of the visit, by its slot, because
-- a group shares them (docs/decisions/0037).
create table holdfast.allocation (
  clinic_no integer not null,
  -- The case, or the slot of the visit.
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  resource_id uuid not null,
  unit_no integer not null check (unit_no >= 1),
  kind text not null check (kind in ('room', 'surgeon', 'anaesthetist', 'staff', 'equipment', 'patient',
                                     'consulting_room', 'device')),
  -- Empty: the case was over before its planned start, and takes nothing of it (docs/decisions/0030).
  during tstzrange not null check (not lower_inf(during) and not upper_inf(during)),
  -- The planned start of the case if the allocation has no time at all (fit_allocations): allocations near a time are
  -- found by it without reading all that a resource ever had.
  planned_at timestamptz,
  primary key (clinic_no, booking_id, resource_id, unit_no),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint allocation_planned_at_check check (isempty(during) = (planned_at is not null)),
  -- A backstop: cases are checked under the locks of their resources.
  constraint allocation_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, unit_no with =, during with &&)
);
create index allocation_empty on holdfast.allocation (clinic_no, resource_id, planned_at) where isempty(during);

-- What a case's plan needs of one resource, as case_needs returns it. A named type, so that a function can keep all of
-- them in an array instead of computing them again in each statement.
create type holdfast.case_need as (
  -- room | surgeon | anaesthetist | staff | equipment | patient
  kind text,
  -- Where the plan has it.
  path text,
  resource_id uuid,
  units integer,
  during tstzrange,
  -- The name of the resource; null: the resource does not exist.
  name text,
  resource_kind text,
  units_max integer,
  active boolean,
  is_fit boolean
);

-- Where a case is booked and by which rules, as place_of_case returns it. A named type, so that a claim reads it once
-- and hands it from function to function.
create type holdfast.case_place as (
  clinic_id uuid,
  timezone text,
  hold_seconds integer,
  room_id uuid,
  turnover_minutes integer,
  hours jsonb,
  open_time_id uuid,
  -- The preferred equipment of the surgeon; null: there is no such resource.
  preferred_equipment_ids uuid[],
  -- The same as in case_slot; null: a day of open time that does not exist yet.
  slot_id uuid,
  is_block boolean,
  starts_at timestamptz,
  ends_at timestamptz,
  capacity integer,
  taken integer,
  next_lapse timestamptz,
  -- null: the slot is none.
  block holdfast.block
);
