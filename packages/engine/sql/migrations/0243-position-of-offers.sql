-- The position that an entry had when it was offered a place (waiting_before.sql). null: before this was recorded.
alter table holdfast.waitlist_offer add column position integer;
