-- Why a message was not sent, or not yet, as a word for those who read it in their language; null: there is no such
-- reason, or before this was recorded.
alter table holdfast.message add column reason text check (char_length(reason) <= 50);
