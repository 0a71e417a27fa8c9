-- delete_copies_of_patients: deletes what other tables have of the patients of these bookings: stored responses that
-- name one of the bookings, the messages and e-mails to them, the digests of where they came from, and the digests of
-- the requests that booked them. The idempotency keys stay, so that no retry books again: it gets key_reused.
--
-- Internal: called by erase_patient and finish_erasures.
-- Locks: the rows it changes.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.delete_copies_of_patients(p_ids uuid[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
-- Its transaction may hold the bookings: stored responses of a whole day are never read for it.
set enable_seqscan = off
set jit = off
as $function$
declare
  v_clinic_nos integer[];
begin
  select array_agg(distinct clinic_no_of(i.id)) into v_clinic_nos from unnest(p_ids) i(id);
  delete from answer a where a.ids && p_ids;
  delete from account_mail m where m.booking_id = any (p_ids);
  delete from message m where m.clinic_no = any (v_clinic_nos) and m.booking_id = any (p_ids);
  -- Not by clinic, too: a plan from when the tables were small would read all that the clinic has.
  delete from booking_origin o where o.booking_id = any (p_ids);
  update idempotency k set request_hash = gen_random_uuid() where k.booking_id = any (p_ids);
end
$function$;
