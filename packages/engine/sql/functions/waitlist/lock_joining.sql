-- lock_joining: takes the first lock of lock_waitlists exclusively, for somebody who joins the waitlist of a clinic.
--
-- While an exclusive request waits, PostgreSQL lets no shared one pass: every transaction of the clinic that gives back
-- units would wait behind it, for as long as one of them hangs. So each try is short, and between the tries the others
-- go on, for as long again. Usual transactions end within 50 ms. The last tries are longer, for commits that wait for a
-- standby far away, and still shorter than a second, which is how long the others wait for a lock.
--
-- Internal. Locks: the clinic's waitlist, exclusively. Fails: 55P03 after 4 s. Idempotent: yes.
create or replace function holdfast.lock_joining(p_clinic_no integer) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
-- Its former value comes back when the function ends.
set lock_timeout = '50ms'
as $function$
declare
  c_tries_ms constant integer[] := '{50, 100, 200, 400, 400, 400, 400, 400}';
begin
  for v_try in 1 .. cardinality(c_tries_ms) loop
    perform set_config('lock_timeout', c_tries_ms[v_try]::text, true);
    begin
      perform pg_advisory_xact_lock(1215261799, p_clinic_no);
      return;
    exception
      when lock_not_available then
        if v_try = cardinality(c_tries_ms) then
          raise;
        end if;
    end;
    perform pg_sleep(c_tries_ms[v_try] / 1000.0);
  end loop;
end
$function$;
