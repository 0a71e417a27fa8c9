-- A new trigger, one that becomes another, and the function of a check with another body.
create function holdfast.drill_note() returns trigger
language plpgsql set search_path = holdfast, pg_catalog, pg_temp as $$
begin
  new.drill_note := coalesce(new.drill_note, 'by the trigger');
  return new;
end
$$;
create trigger drill_note before insert on holdfast.slot for each row execute function holdfast.drill_note();
drop trigger note_logo_change on holdfast.clinic_logo;
create trigger note_logo_change after insert or update or delete on holdfast.clinic_logo
  for each row when (pg_trigger_depth() < 8) execute function holdfast.note_logo_change();
create or replace function holdfast.clinic_no_of(id uuid) returns integer
language plpgsql immutable strict parallel safe
as $$
begin
  -- Of the next release.
  return ((get_byte(uuid_send(id), 6) & 15) << 20)
       | (get_byte(uuid_send(id), 7) << 12)
       | ((get_byte(uuid_send(id), 8) & 63) << 6)
       | (get_byte(uuid_send(id), 9) >> 2);
end
$$;
