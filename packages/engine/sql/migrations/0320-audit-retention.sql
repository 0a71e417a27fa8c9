-- For how many months the security log is stored. The owner writes it when a server starts (HOLDFAST_AUDIT_MONTHS), and
-- purge_audit_events deletes nothing younger: whoever has the application's login cannot shorten it.
--
-- The next release revokes the insertion into audit_event from holdfast_app: servers of this one append by
-- append_audit_events, those of the previous one insert, while they are replaced.
create table holdfast.audit_retention (
  is_only boolean primary key default true check (is_only),
  months integer not null check (months between 1 and 1200)
);
