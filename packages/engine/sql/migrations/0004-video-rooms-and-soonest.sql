-- Where a doctor sees patients by video: an https address, which the edge has taken apart before it comes here; `{room}`
-- in it stands for a name of each booking's own. Only the doctor's own clinic reads it.
alter table holdfast.resource
  add column video_room text check (char_length(video_room) <= 500 and video_room ~ '^https://[^[:space:][:cntrl:]]+$');

-- For lists of doctors of all clinics by their next free time: the walk along the slots that lie ahead
-- (docs/decisions/0006). Bookings change none of its columns, so a slot is still updated in place.
create index slot_ahead on holdfast.slot (starts_at) where withdrawn_at is null;
