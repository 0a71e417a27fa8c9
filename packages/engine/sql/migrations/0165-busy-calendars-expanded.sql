-- Repetitions of events are blocked for two years from this moment on. A calendar that has not changed since is read
-- whole again after a day, so that what has come nearer is blocked too.
alter table holdfast.busy_calendar add column expanded_at timestamptz;
