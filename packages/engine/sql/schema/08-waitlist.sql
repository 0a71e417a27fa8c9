-- The waitlist (docs/decisions/0018): who waits for a place, and what was offered to whom. An offer is a PENDING
-- booking with waitlist_entry_id.

create table holdfast.waitlist_entry (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  -- For this doctor, or for any doctor with this specialization.
  resource_id uuid,
  specialization text references holdfast.specialization (name),
  -- In the clinic's local time: days (both included), ISO weekdays, and when the visit begins, in [time_from, time_to).
  from_date date not null,
  to_date date not null,
  weekdays integer[] check (weekdays <@ '{1,2,3,4,5,6,7}' and cardinality(weekdays) between 1 and 7),
  time_from time,
  time_to time,
  units integer not null default 1 check (units between 1 and 1000000),
  -- 0 routine, 1 soon, 2 urgent.
  urgency integer not null default 0 check (urgency between 0 and 2),
  -- Offers that lapsed without a response.
  missed integer not null default 0 check (missed >= 0),
  joined_at timestamptz not null,
  -- The member of the clinic who added the entry.
  joined_by uuid,
  account_id uuid,
  patient jsonb not null,
  -- The booking on offer, or the accepted one.
  offer_id uuid,
  ended_at timestamptz,
  end_reason text check (end_reason in ('accepted', 'left', 'removed', 'unanswered', 'expired')),
  erased_at timestamptz,
  -- For visits of this type in open sessions; null: for places of fixed slots.
  visit_type_id uuid,
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  check ((resource_id is null) <> (specialization is null)),
  check (from_date <= to_date),
  check (time_from < time_to),
  check ((ended_at is null) = (end_reason is null)),
  check (erased_at is null or ended_at is not null)
);
-- The order of offers, of those who have none.
create index waitlist_entry_doctor on holdfast.waitlist_entry
  (clinic_no, resource_id, urgency desc, missed, joined_at, id)
  where ended_at is null and offer_id is null and resource_id is not null;
create index waitlist_entry_specialization on holdfast.waitlist_entry
  (clinic_no, specialization, urgency desc, missed, joined_at, id)
  where ended_at is null and offer_id is null and specialization is not null;
create index waitlist_entry_open on holdfast.waitlist_entry (clinic_no, resource_id, specialization)
  where ended_at is null;
create index waitlist_entry_joined_at on holdfast.waitlist_entry (clinic_no, joined_at, id);
create index waitlist_entry_account on holdfast.waitlist_entry (account_id, joined_at) where account_id is not null;
alter table holdfast.waitlist_entry alter column patient set statistics 0;

-- A place whose offer the clinic has withdrawn is offered to the same entry again; others are offered to it once.
create table holdfast.waitlist_offer (
  clinic_no integer not null,
  entry_id uuid not null,
  slot_id uuid not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  offered_at timestamptz not null,
  ends_at timestamptz not null,
  -- null: open.
  outcome text check (outcome in ('accepted', 'declined', 'lapsed', 'withdrawn')),
  closed_at timestamptz,
  -- If it lapsed: whether a message about it was sent, or may have arrived (close_offers).
  notified boolean,
  -- The position that the entry had when it was offered the place (waiting_before).
  position integer,
  primary key (clinic_no, booking_id),
  check ((outcome is null) = (closed_at is null))
);
create index waitlist_offer_slot on holdfast.waitlist_offer (clinic_no, entry_id, slot_id);

-- Where an open entry came from, as booking_origin: so that nobody fills the list, or waits twice for the same.
create table holdfast.waitlist_origin (
  clinic_no integer not null,
  subject uuid not null,
  entry_id uuid not null,
  kind text not null check (kind in ('address', 'network', 'account', 'contact')),
  primary key (clinic_no, subject, entry_id)
);
create index waitlist_origin_entry on holdfast.waitlist_origin (clinic_no, entry_id);
