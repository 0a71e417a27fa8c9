-- booking_limits_of: the limits of a clinic for one kind of subject. A network (IPv6 /48) has four times those of an
-- address. No row: there is no such clinic.
--
-- A body that is parsed at its creation needs no search_path, so the planner replaces a call by it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_limits_of(p_clinic_no integer, p_kind text)
returns table (guest_units_max integer, holds_max integer, bookings_max integer, lowest integer)
language sql stable
begin atomic
  select c.guest_units_max, m.holds, m.bookings, least(m.holds, m.bookings)
    from holdfast.clinic c
   cross join lateral (
     select case p_kind when 'account' then c.account_holds_max when 'contact' then c.contact_holds_max
                        when 'network' then 4 * c.address_holds_max else c.address_holds_max end as holds,
            case p_kind when 'account' then c.account_bookings_max when 'contact' then c.contact_bookings_max
                        when 'network' then 4 * c.address_bookings_max else c.address_bookings_max end as bookings
   ) m
   where c.no = p_clinic_no;
end;
