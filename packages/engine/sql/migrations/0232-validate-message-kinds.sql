-- See 0231.
alter table holdfast.message validate constraint message_kind_check;
