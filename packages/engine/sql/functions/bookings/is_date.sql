-- is_date: whether a text is a day of the years 1800 to 2999, such as 2026-02-28.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_date(p_text text) returns boolean
language sql immutable
return case when p_text ~ '^(1[89]|2\d)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$' then
              right(p_text, 2)::integer
                <= date_part('day', make_date(left(p_text, 4)::integer, substr(p_text, 6, 2)::integer, 1)
                                      + interval '1 month' - interval '1 day')
            else false end;
