-- restore_archived_rows: moves the rows of up to p_limit slots of a month from archived_row back to their tables: whole
-- slots, with all their bookings and events. Returns how many slots. Call it again until it returns 0. Columns that
-- were added since the month was archived get their defaults. A link to a record that was erased is left out.
-- Internal: only the owner calls it (`holdfast archive restore`).
--
-- An event whose transaction this database server has not assigned yet (the database was moved by a dump since) gets
-- the first transaction number there is: the log must not be ahead of its server.
-- Locks: the rows in archived_row; the records that bookings are linked to, by id; the clinics' rows in
-- retention_progress.
-- Fails: 23505 if a slot or booking is there already, 23514 for a booking without a partition. Nothing is moved then.
-- Idempotent: yes.
create or replace function holdfast.restore_archived_rows(p_month date, p_limit integer) returns integer
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
as $function$
declare
  v_end bigint;
  v_slots integer;
  v_kind text;
  v_columns text;
  v_values text;
begin
  select count(*), max(q.place) into v_slots, v_end
    from (select r.place from archived_row r
           where r.month = p_month and r.kind = 'slot' order by r.place limit p_limit) q;
  if v_slots = 0 then
    return 0;
  end if;
  -- Up to the next slot: the bookings of the last one come after it.
  select coalesce(min(r.place) - 1, 9223372036854775807) into v_end
    from archived_row r where r.month = p_month and r.kind = 'slot' and r.place > v_end;
  update archived_row r
     set row = jsonb_set(r.row, '{xid}', '"3"')
   where r.month = p_month and r.kind = 'booking_event' and r.place <= v_end
     and (r.row->>'xid')::xid8 >= pg_snapshot_xmax(pg_current_snapshot());
  -- An erasure of a record waits, or is seen.
  perform 1 from patient t
    where (t.clinic_no, t.id) in (select r.clinic_no, (r.row->>'patient_id')::uuid from archived_row r
                                   where r.month = p_month and r.kind = 'booking_patient' and r.place <= v_end)
    order by t.clinic_no, t.id for key share;
  delete from archived_row r
   where r.month = p_month and r.kind = 'booking_patient' and r.place <= v_end
     and not exists (select from patient t
                      where t.clinic_no = r.clinic_no and t.id = (r.row->>'patient_id')::uuid
                        and t.erased_at is null);
  foreach v_kind in array array['slot', 'booking', 'booking_event', 'manage_token', 'booking_patient'] loop
    select string_agg(quote_ident(c.name), ', '), string_agg('n.' || quote_ident(c.name), ', ')
      into v_columns, v_values
      from (select distinct jsonb_object_keys(r.row) as name
              from archived_row r where r.month = p_month and r.kind = v_kind and r.place <= v_end) c;
    continue when v_columns is null;
    execute format('insert into holdfast.%1$I (%2$s)
                    select %3$s from holdfast.archived_row r
                     cross join lateral jsonb_populate_record(null::holdfast.%1$I, r.row) n
                     where r.month = $1 and r.kind = $2 and r.place <= $3', v_kind, v_columns, v_values)
      using p_month, v_kind, v_end;
  end loop;
  insert into allocation
  select a.*
    from archived_row r
    join slot s on s.clinic_no = r.clinic_no and s.id = (r.row->>'id')::uuid and takes_time(s)
   cross join lateral allocations_of_slot(s) a
   where r.month = p_month and r.kind = 'slot' and r.place <= v_end;
  -- A file that was written before slots had the column.
  update slot s set oldest_booking_at = q.created_at
    from (select b.clinic_no, (b.row->>'slot_id')::uuid as slot_id,
                 min((b.row->>'created_at')::timestamptz) as created_at
            from archived_row b
            join archived_row o on o.month = p_month and o.kind = 'slot' and o.place <= v_end
                               and o.row->>'id' = b.row->>'slot_id' and not o.row ? 'oldest_booking_at'
           where b.month = p_month and b.kind = 'booking' and b.place <= v_end
           group by 1, 2) q
   where s.clinic_no = q.clinic_no and s.id = q.slot_id and q.created_at < s.created_at;
  -- erase_outdated may have passed this month in these clinics: it begins again.
  delete from retention_progress p
   where p.starts_at >= p_month
     and p.clinic_no in (select r.clinic_no from archived_row r where r.month = p_month and r.place <= v_end);
  delete from archived_row r where r.month = p_month and r.place <= v_end;
  return v_slots;
end
$function$;
