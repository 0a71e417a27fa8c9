-- The ids in a stored response, so that the responses which name an erased booking are found by an index. Null in
-- those stored before, or by servers of an older release: they are searched as text until they are a day old.
alter table holdfast.answer add column ids uuid[];
alter table holdfast.answer alter column ids set statistics 0;
-- Without its list of pending entries: an erasure would have to read all of it.
create index answer_ids on holdfast.answer using gin (ids) with (fastupdate = off) where ids is not null;
create index answer_without_ids on holdfast.answer (created_at) where ids is null;
