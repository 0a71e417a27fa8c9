-- has_access: whether the caller of a request still has the access to a booking by which the request was allowed. For
-- who has locked the booking, and with it its manage token; a query judges by its snapshot.
--
-- p_access: {"accountId": …, "tokenEpoch": …}: the bearer of a manage token, with the account that the booking
-- belonged to (null: none) and the token's epoch; {"accountId": …}: the account that the booking belongs to;
-- {"doctorId": …}: the doctor whose calendar it is in. null: a member of the clinic who has access to all its bookings.
--
-- Locks: none. Fails: 22P02 for an access with a value of another form. Idempotent: yes.
create or replace function holdfast.has_access(p_booking holdfast.booking, p_access jsonb) returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
return case
  when p_access is null then true
  when p_access ? 'doctorId' then p_booking.resource_id = (p_access->>'doctorId')::uuid
  else p_booking.account_id is not distinct from (p_access->>'accountId')::uuid
       and (not p_access ? 'tokenEpoch'
            or (p_access->>'tokenEpoch')::integer = coalesce(
                 (select m.epoch from holdfast.manage_token m
                   where m.clinic_no = p_booking.clinic_no and m.booking_id = p_booking.id), 0))
end;
