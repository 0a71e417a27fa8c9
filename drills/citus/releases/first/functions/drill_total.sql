-- drill_total: how many visits of the drill a clinic has, with a word.
-- Locks: none. Fails: no. Idempotent: yes.
create or replace function holdfast.drill_total(p_clinic_no integer) returns holdfast.drill_pair
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select row(count(*)::integer, 'visits')::drill_pair from drill_visit v where v.clinic_no = p_clinic_no
$$;
