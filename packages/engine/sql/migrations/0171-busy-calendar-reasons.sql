-- Why an external calendar cannot be read, as a word for those who read it in their language; null: it can be read, or
-- this was recorded by an earlier release.
alter table holdfast.busy_calendar add column reason text check (char_length(reason) <= 50);
