-- The planned minutes of a block that has booked more of them, because its slot's capacity has to be at least what is
-- booked: docs/decisions/0060. null: the capacity of its slot.
alter table holdfast.block add column minutes integer constraint block_minutes_check check (minutes >= 1);
