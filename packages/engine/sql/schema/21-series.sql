-- Series of visits that were booked together (docs/decisions/0041). Their visits are ordinary bookings, and nothing
-- here is needed to claim, confirm or release one.

create table holdfast.booking_series (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  -- Every so many days or weeks.
  every integer not null check (every between 1 and 366),
  unit text not null check (unit in ('day', 'week')),
  -- How many visits were booked.
  total integer not null check (total between 1 and 52),
  created_at timestamptz not null default now(),
  primary key (clinic_no, id)
);

-- Which bookings are its visits, by their order when they were booked. A visit whose patient was erased is none any
-- more: nothing says then that two visits were of one person.
create table holdfast.booking_series_member (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  series_id uuid not null,
  number integer not null check (number between 1 and 52),
  primary key (clinic_no, booking_id),
  unique (clinic_no, series_id, number),
  foreign key (clinic_no, series_id) references holdfast.booking_series (clinic_no, id)
);
