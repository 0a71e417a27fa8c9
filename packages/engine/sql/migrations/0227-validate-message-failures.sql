-- See 0226.
alter table holdfast.message validate constraint message_failure_check;
