-- unmovable_bookings: those of some bookings of a clinic whose state, or time, refuses every move now, with why, for a
-- preview: move_bookings judges again. p_on_behalf: as in move_bookings. Bookings that do not exist are left out.
--
-- Outcomes: those of unmovable_because.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.unmovable_bookings(p_clinic_no integer, p_ids uuid[], p_on_behalf boolean)
returns table (id uuid, outcome text)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select b.id, r.refusal
    from bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids) b
    join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
   cross join lateral (
     select unmovable_because(b, s, p_on_behalf, greatest(statement_timestamp(), b.updated_at)) as refusal) r
   where r.refusal is not null
$function$;
