-- is_same_person: whether two entries or bookings are of one person, as far as it is known: the same name, and the same
-- e-mail address, telephone number or account, or none of these for both.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_same_person(
  p_patient jsonb, p_account_id uuid, p_other jsonb, p_other_account_id uuid
) returns boolean
language plpgsql immutable parallel safe
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_email constant text := lower(btrim(p_patient->>'email'));
  v_phone constant text := nullif(regexp_replace(p_patient->>'phone', '\D', '', 'g'), '');
  v_other_email constant text := lower(btrim(p_other->>'email'));
  v_other_phone constant text := nullif(regexp_replace(p_other->>'phone', '\D', '', 'g'), '');
begin
  if fold_name(p_patient->>'name') is distinct from fold_name(p_other->>'name') then
    return false;
  end if;
  return coalesce(v_email = v_other_email, false) or coalesce(v_phone = v_other_phone, false)
    or coalesce(p_account_id = p_other_account_id, false)
    or coalesce(v_email, v_phone, v_other_email, v_other_phone, p_account_id::text, p_other_account_id::text) is null;
end
$function$;
