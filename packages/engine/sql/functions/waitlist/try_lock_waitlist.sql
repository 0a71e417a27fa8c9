-- try_lock_waitlist: takes the locks of lock_waitlists for one clinic, if it need not wait for them. Returns whether it
-- has them.
--
-- Internal. Locks: as lock_waitlists, without waiting. Fails: never. Idempotent: yes.
create or replace function holdfast.try_lock_waitlist(p_clinic_no integer) returns boolean
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if not pg_try_advisory_xact_lock_shared(1215261799, p_clinic_no) then
    return false;
  end if;
  -- A separate statement: its snapshot is from after the lock.
  if not exists (select from waitlist_entry e where e.clinic_no = p_clinic_no and e.ended_at is null) then
    return true;
  end if;
  return pg_try_advisory_xact_lock(1215261800, p_clinic_no);
end
$function$;
