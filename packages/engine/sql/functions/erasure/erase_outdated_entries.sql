-- erase_outdated_entries: erases the patients of up to p_limit entries of a clinic's waitlist that ended more than
-- p_months ago; 0 or null: none.
--
-- Internal: the application's role may not execute it.
-- Locks: as erase_waitlist_entries; none if there is nothing to erase.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_outdated_entries(p_clinic_no integer, p_months integer, p_limit integer)
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  if p_months > 0 then
    perform erase_waitlist_entries(p_clinic_no, array(
      select e.id from waitlist_entry e
       where e.clinic_no = p_clinic_no and e.erased_at is null
         and e.ended_at < clock_timestamp() - make_interval(months => p_months) limit p_limit));
  end if;
end
$function$;
