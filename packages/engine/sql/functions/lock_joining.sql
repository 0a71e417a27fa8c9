-- lock_joining: takes the first lock of lock_waitlists exclusively, for somebody who joins the waitlist of a clinic.
--
-- While an exclusive request waits, PostgreSQL lets no shared one pass: every transaction of the clinic that gives back
-- units would wait behind it, for as long as one of them hangs. So each try waits 50 ms at most, as long as usual
-- transactions take to end, and between the tries the others go on.
--
-- Internal. Locks: the clinic's waitlist, exclusively. Fails: 55P03 after 5 s. Idempotent: yes.
create or replace function holdfast.lock_joining(p_clinic_no integer) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set lock_timeout = '50ms'
as $function$
declare
  c_tries_max constant integer := 50;
begin
  for v_try in 1 .. c_tries_max loop
    begin
      perform pg_advisory_xact_lock(1215261799, p_clinic_no);
      return;
    exception
      when lock_not_available then
        if v_try = c_tries_max then
          raise;
        end if;
    end;
    perform pg_sleep(0.05);
  end loop;
end
$function$;
