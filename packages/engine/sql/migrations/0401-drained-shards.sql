-- Since when a database gets no new clinics, because its clinics are moved away (`holdfast shards drain`). null: it does.
alter table holdfast.shard add column drained_at timestamptz;
