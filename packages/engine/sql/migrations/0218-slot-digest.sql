-- What a slot was created as, or a block resized to: see slot_digest. null: the slot is older than the column.
alter table holdfast.slot add column digest bytea;
