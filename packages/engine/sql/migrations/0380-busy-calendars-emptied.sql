-- left_out_events: of the events that left_out counts, why they were left out and how many, the more frequent reasons
-- first. empty_since: the calendar had busy times to come, and has none since it was read then: they stay blocked until
-- it is read again and still has none. emptied_at: since they were freed for that reason; null again when it has busy
-- times. emptied_notified_at: when the doctor was notified of that.
alter table holdfast.busy_calendar
  add column left_out_events jsonb not null default '[]',
  add column empty_since timestamptz,
  add column emptied_at timestamptz,
  add column emptied_notified_at timestamptz;
