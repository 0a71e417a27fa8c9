-- store_response: stores the response of a request under its idempotency key, unless one is stored there already, or it
-- names a booking or a waitlist entry whose patient has been erased: a copy of the patient would outlive the erasure.
--
-- p_ids: the ids in the response. Ids of anything else are ignored. p_clinic_no: the clinic that the request
-- was about, with which the response is moved; null: none.
-- Locks: the bookings, then the entries, each by id, as erase_patient and erase_waitlist_entries do: an erasure under
--   way is waited for, and one that comes later finds the response and deletes it. Then the row that it writes.
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
  v_erased_entries integer;
begin
  v_bookings := lock_bookings(v_clinic_nos, p_ids);
  select count(*) filter (where q.erased_at is not null) into v_erased_entries
    from (select e.erased_at from waitlist_entry e
           where e.clinic_no = any (v_clinic_nos) and e.id = any (p_ids) order by e.id for key share) q;
  if v_erased_entries = 0 and not exists (select from unnest(v_bookings) b where b.erased_at is not null) then
    insert into answer (key, request_hash, body, ids, clinic_no)
    values (p_key, p_request_hash, p_body, p_ids, p_clinic_no)
    on conflict do nothing;
  end if;
end
$function$;
