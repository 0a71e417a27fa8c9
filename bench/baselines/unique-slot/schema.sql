-- One slot, one booking, by a unique constraint; the slot is locked first.
alter table slot
  add check (capacity = 1),
  add column is_available boolean not null default true;
drop index booking_slot;
alter table booking add unique (slot_id);
