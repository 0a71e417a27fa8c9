-- A resource's bookable time. `taken` counts the units of its PENDING, CONFIRMED, ARRIVED, COMPLETED and NO_SHOW
-- bookings and changes only inside the engine's functions; the CHECK is their backstop. `next_lapse` is never later
-- than the earliest end of a hold on it: claims look for lapsed holds only when it has passed.
-- fillfactor: the row is updated in place (HOT) by every batch that books it; no index covers what changes.
create table holdfast.slot (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  resource_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  capacity integer not null check (capacity between 1 and 1000000),
  taken integer not null default 0,
  next_lapse timestamptz,
  withdrawn_at timestamptz,
  created_at timestamptz not null default now(),
  -- When the oldest booking was created that was moved into this slot, if it is older than the slot; the others are
  -- not older than the slot. Bookings of a slot are looked for from there on: docs/decisions/0011.
  oldest_booking_at timestamptz,
  -- Since when it is in a busy time of its doctor (busy_times): it is not offered, and not booked.
  blocked_at timestamptz,
  -- What it was created as, or a block resized to: see slot_digest.
  digest bytea,
  -- Of a visit in an open session (docs/decisions/0037): claim_times creates it with the visit. It is booked with its
  -- session, and listed with its times; while it is empty, it takes no time. null: every other slot.
  session_id uuid,
  visit_type_id uuid,
  -- Minutes that its doctor needs before and after it, which no other visit takes.
  buffer_before_minutes integer not null default 0,
  buffer_after_minutes integer not null default 0,
  -- What its visit takes beside the doctor, as long as it takes time (takes_time): [[kind, resource, unit]], by kind
  -- and resource. Its allocations follow from it, and verify compares them. null: nothing.
  takes jsonb,
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint slot_never_overbooked check (taken between 0 and capacity),
  constraint slot_not_empty check (starts_at < ends_at),
  constraint slot_of_visit check ((session_id is null) = (visit_type_id is null)),
  constraint slot_takes check (takes is null or session_id is not null),
  constraint slot_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, tstzrange(starts_at, ends_at) with &&) where (withdrawn_at is null)
) with (fillfactor = 50);
create index slot_resource on holdfast.slot (clinic_no, resource_id, starts_at);
create index slot_starts_at on holdfast.slot (clinic_no, starts_at);
-- For lists of doctors of all clinics by their next free time: the walk along the slots that lie ahead
-- (docs/decisions/0006).
create index slot_ahead on holdfast.slot (starts_at) where withdrawn_at is null;
-- For what patients have lost lately: lost_visits.
create index slot_withdrawn on holdfast.slot (clinic_no, withdrawn_at) where withdrawn_at is not null;

-- Changes for directory_change: of new slots once for each statement and doctor. Bookings change taken and next_lapse
-- alone, and are not noted.
create function holdfast.note_new_slots() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id)
  select distinct clinic_no, resource_id from made where session_id is null;
  return null;
end
$$;
create trigger note_new after insert on holdfast.slot
  referencing new table as made for each statement execute function holdfast.note_new_slots();

create function holdfast.note_slot_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id) values (new.clinic_no, new.resource_id);
  return null;
end
$$;
create trigger note_change after update of starts_at, ends_at, capacity, withdrawn_at on holdfast.slot
  for each row when (new.session_id is null) execute function holdfast.note_slot_change();
