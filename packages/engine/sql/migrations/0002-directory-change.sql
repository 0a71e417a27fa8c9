-- What changes an answer about doctors and their times, and is no booking: clinics and doctors edited, slots made or
-- withdrawn. Written by triggers, so that no way of changing them can forget it; read by the tail beside the booking log,
-- in one order with it (the same sequence), to drop cached answers. Kept for a day: caches start empty.
create table holdfast.directory_change (
  clinic_no integer not null,
  seq bigint not null default nextval('holdfast.booking_event_seq'),
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  -- null: the clinic itself
  resource_id uuid,
  primary key (clinic_no, seq)
);
create index directory_change_tail on holdfast.directory_change (xid, seq);
create index directory_change_at on holdfast.directory_change using brin (at);

create function holdfast.note_clinic_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no) values (new.no);
  return null;
end
$$;
create trigger note_change after insert or update on holdfast.clinic
  for each row execute function holdfast.note_clinic_change();

create function holdfast.note_resource_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id) values (new.clinic_no, new.id);
  return null;
end
$$;
create trigger note_change after insert or update on holdfast.resource
  for each row execute function holdfast.note_resource_change();

-- Slots: once a statement and doctor. Bookings change taken and next_lapse alone, and never come here.
create function holdfast.note_new_slots() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id) select distinct clinic_no, resource_id from made;
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
  for each row execute function holdfast.note_slot_change();
