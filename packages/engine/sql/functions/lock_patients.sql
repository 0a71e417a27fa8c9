-- lock_patients: serializes transactions that look whether a patient has an appointment at the same time
-- (visit_at_once) and then write one: of two at once, the second sees what the first has written. Whoever has another
-- name is another person (is_same_person), so the lock is by clinic and name. Locks are digests: two names may share
-- one, and then wait for each other.
--
-- p_names: of fold_name; null or '': none. A name that was read from a booking is compared again once that is locked:
-- another one is not locked. Returns, for each, whether an earlier element has the same clinic and name, and so has to
-- be written first.
--
-- Internal. Locks: an advisory lock per clinic and name, in order, until the commit. They come before those of slots.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.lock_patients(p_clinic_nos integer[], p_names text[]) returns boolean[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('holdfast.patient ' || q.clinic_no || ' ' || q.name, 0))
     from (select distinct i.clinic_no, i.name from unnest(p_clinic_nos, p_names) i(clinic_no, name)
            where i.name <> ''
            order by 1, 2) q;
  return array(
    select i.name <> '' and row_number() over (partition by i.clinic_no, i.name order by i.n) > 1
      from unnest(p_clinic_nos, p_names) with ordinality i(clinic_no, name, n) order by i.n);
end
$function$;
