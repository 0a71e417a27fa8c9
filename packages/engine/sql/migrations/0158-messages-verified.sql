-- What verify needs to find messages that were lost.
-- A receiver gets what is written after it was added. For those that exist already: from now on.
alter table holdfast.log_receiver add column added_at timestamptz not null default now();

-- When the clinic turned e-mails on again; null: it never did. What happened before planned none.
alter table holdfast.message_settings add column emails_since timestamptz;

-- A trigger, so that no way of changing the settings can forget it, also of servers of the previous release.
create function holdfast.note_emails_since() returns trigger
language plpgsql set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  new.emails_since := clock_timestamp();
  return new;
end
$$;
create trigger note_emails_since before update on holdfast.message_settings
  for each row when (new.emails and not old.emails) execute function holdfast.note_emails_since();
