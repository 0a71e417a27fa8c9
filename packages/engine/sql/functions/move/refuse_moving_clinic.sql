-- refuse_moving_clinic: the trigger that refuses changes of a clinic's rows while the clinic is moved to another
-- database (moving_clinic), and afterwards those of servers that do not know it yet. Its argument is the clinic's
-- number. The move itself sets holdfast.moving_clinic to the token of its row, which only the owner can read.
--
-- Internal: `holdfast move-clinic` creates the triggers, and drops them.
-- Locks: none. Fails: HF003 (the clinic is being moved). Idempotent: yes.
create or replace function holdfast.refuse_moving_clinic() returns trigger
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_clinic_no integer;
begin
  if tg_table_name = 'clinic' then
    v_clinic_no := coalesce(new.no, old.no);
  elsif tg_table_name = 'calendar_feed' then
    v_clinic_no := clinic_no_of(coalesce(new.subject_id, old.subject_id));
  else
    v_clinic_no := coalesce(new.clinic_no, old.clinic_no);
  end if;
  if v_clinic_no = tg_argv[0]::integer
     -- Another isolation level may not see the row.
     and (current_setting('transaction_isolation') <> 'read committed'
          or exists (select from moving_clinic m
                      where m.clinic_no = v_clinic_no and m.refused_until > clock_timestamp()
                        and m.token::text is distinct from current_setting('holdfast.moving_clinic', true))) then
    raise exception 'the clinic % is being moved to another database', v_clinic_no using errcode = 'HF003';
  end if;
  return coalesce(new, old);
end
$function$;
