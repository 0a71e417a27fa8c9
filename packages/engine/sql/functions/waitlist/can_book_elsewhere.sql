-- can_book_elsewhere: whether there is a place_elsewhere for an entry of the waitlist; p_by_desk: one that the clinic's
-- people can book.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.can_book_elsewhere(
  p_entry holdfast.waitlist_entry, p_freed_ids uuid[], p_at timestamptz, p_by_desk boolean default false
) returns boolean
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  return place_elsewhere(p_entry, null, p_freed_ids, p_at, p_by_desk) is not null;
end
$function$;
