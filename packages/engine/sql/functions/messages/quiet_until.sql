-- quiet_until: when the quiet hours of a clinic end that p_at is in; null: it is in none. A clinic that has chosen
-- nothing has those of message_settings' defaults. The same as quietHoursAround in src/messages/reminder-times.ts.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.quiet_until(p_clinic_no integer, p_at timestamptz) returns timestamptz
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select case
      when q.from_time < q.until_time then
        case when l.at::time >= q.from_time and l.at::time < q.until_time
          then (l.at::date + q.until_time) at time zone c.timezone end
      when q.from_time > q.until_time then
        case when l.at::time >= q.from_time then (l.at::date + 1 + q.until_time) at time zone c.timezone
             when l.at::time < q.until_time then (l.at::date + q.until_time) at time zone c.timezone end
    end
    from clinic c
    left join message_settings m on m.clinic_no = c.no
   cross join lateral (select coalesce(m.quiet_from, '21:00') as from_time,
                              coalesce(m.quiet_until, '07:00') as until_time) q
   cross join lateral (select p_at at time zone c.timezone as at) l
   where c.no = p_clinic_no
$function$;
