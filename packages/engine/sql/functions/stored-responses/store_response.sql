-- store_response: stores the response of a request under its idempotency key, unless one is stored there already, or it
-- names a booking whose patient has been erased: a copy of the patient would outlive the erasure.
--
-- p_ids: the ids in the response. Ids that are not of bookings are ignored. p_clinic_no: the clinic that the request
-- was about, with which the response is moved; null: none.
-- Locks: the bookings, by id, as erase_patient does: an erasure under way is waited for, and one that comes later finds
--   the response and deletes it. Then the row that it writes.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.store_response(
  p_key uuid, p_request_hash uuid, p_body jsonb, p_ids uuid[], p_clinic_no integer default null
) returns void
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_clinic_nos constant integer[] :=
    array(select clinic_no_of(i.id) from unnest(p_ids) with ordinality i(id, n) order by i.n);
  v_bookings booking[];
begin
  v_bookings := lock_bookings(v_clinic_nos, p_ids);
  if not exists (select from unnest(v_bookings) b where b.erased_at is not null) then
    insert into answer (key, request_hash, body, ids, clinic_no)
    values (p_key, p_request_hash, p_body, p_ids, p_clinic_no)
    on conflict do nothing;
  end if;
end
$function$;
