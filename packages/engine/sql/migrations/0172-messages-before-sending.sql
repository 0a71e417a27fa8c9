-- A message that a process has taken and not begun to send. If the process ends then, nothing was sent. false also while a
-- server of the former release has it, which does not say when it begins.
alter table holdfast.message add column before_sending boolean not null default false;
