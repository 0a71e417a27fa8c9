-- lock_waitlists: whether somebody waits in one of these clinics. Every function that gives back units calls it, once
-- and for all its clinics, before it does so (offer_places).
--
-- Who joins takes the first lock exclusively (lock_joining), so that each transaction which frees a place either sees
-- the new entry, or has committed before that entry exists. The second lock lets one transaction at a time offer places
-- of a clinic: two that choose from one list would deadlock, or offer out of turn.
--
-- Internal. Locks: per clinic, in order: an advisory lock, shared; then, where somebody waits, a second one,
-- exclusively. They come after slots and bookings, and before keys. The classes of these locks are that of migrations,
-- plus 3 and plus 4.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.lock_waitlists(p_clinic_nos integer[]) returns boolean
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_clinic_nos integer[];
begin
  perform pg_advisory_xact_lock_shared(1215261799, q.clinic_no)
     from (select distinct u.clinic_no from unnest(p_clinic_nos) u(clinic_no) order by u.clinic_no) q;
  -- A separate statement: its snapshot is from after the wait.
  select array_agg(q.clinic_no order by q.clinic_no) into v_clinic_nos
    from (select distinct u.clinic_no from unnest(p_clinic_nos) u(clinic_no)
           where exists (select from waitlist_entry e where e.clinic_no = u.clinic_no and e.ended_at is null)) q;
  if v_clinic_nos is null then
    return false;
  end if;
  perform pg_advisory_xact_lock(1215261800, u.clinic_no) from unnest(v_clinic_nos) u(clinic_no);
  return true;
end
$function$;
