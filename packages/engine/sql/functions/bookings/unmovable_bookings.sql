-- unmovable_bookings: those of some bookings of a clinic whose state, time or visit type refuses every move now that
-- keeps their type, with why, for a preview: move_bookings and slot_for_move judge again. p_on_behalf: as in
-- move_bookings. Bookings that do not exist are left out.
--
-- Outcomes: those of unmovable_because; approval_required, also where the clinic would have to agree to the move.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.unmovable_bookings(p_clinic_no integer, p_ids uuid[], p_on_behalf boolean)
returns table (id uuid, outcome text)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select b.id, r.refusal
    from bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids) b
    join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
    left join visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
   cross join lateral (
     select coalesce(unmovable_because(b, s, p_on_behalf, greatest(statement_timestamp(), b.updated_at)),
                     case when b.status <> 'PENDING' and needs_approval(t.approval, p_on_behalf)
                          then 'approval_required' end) as refusal) r
   where r.refusal is not null
$function$;
