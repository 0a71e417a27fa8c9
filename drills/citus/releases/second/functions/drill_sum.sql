-- drill_sum: how many visits of the drill a clinic has, with a word and a day.
-- Locks: none. Fails: no. Idempotent: yes.
create or replace function holdfast.drill_sum(p_clinic_no integer) returns holdfast.drill_pair
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select row(count(*)::integer, 'visits', '2026-01-01')::drill_pair from drill_visit v where v.clinic_no = p_clinic_no
$$;
