-- What a case was booked or last moved as: see case_digest. null: the case is older than the column.
alter table holdfast.theatre_case add column digest bytea;
