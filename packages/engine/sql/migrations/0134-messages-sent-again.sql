-- When the clinic's people last sent a message again: once in ten minutes.
alter table holdfast.message add column sent_again_at timestamptz;
