-- id_months: the lowest and the highest of these ids in each month (UTC) of which there are any, by month: [lowest,
-- highest, lowest, highest …]. A month is a partition of booking, and of booking_event. Nulls are skipped.
--
-- A statement that is planned with such a range reads and locks one partition, however many there are; a plan that is
-- stored for any ids locks all of them: docs/decisions/0011.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.id_months(p_ids uuid[]) returns uuid[]
language plpgsql immutable parallel safe
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_id uuid;
  v_low uuid;
  v_high uuid;
  v_next_month uuid;
  v_months uuid[] := '{}';
begin
  if cardinality(p_ids) = 1 then
    return p_ids || p_ids;
  end if;
  for v_id in select u.id from unnest(p_ids) u(id) where u.id is not null order by u.id loop
    if v_next_month is null or v_id >= v_next_month then
      if v_low is not null then
        v_months := v_months || v_low || v_high;
      end if;
      v_low := v_id;
      v_next_month := holdfast.id_floor((holdfast.id_month(v_id) + interval '1 month') at time zone 'UTC');
    end if;
    v_high := v_id;
  end loop;
  return case when v_low is null then v_months else v_months || v_low || v_high end;
end
$function$;
