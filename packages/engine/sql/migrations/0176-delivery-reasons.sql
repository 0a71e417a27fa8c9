-- Why the last attempt at a delivery has failed, as a word for those who read it in their language; null: it has not, or
-- this was recorded by an earlier release.
alter table holdfast.webhook_delivery add column reason text check (char_length(reason) <= 50);
