-- verify_messages: checks a clinic's e-mails to patients against the log.
--
-- Findings: message_missing (what happened last to a booking that is to come has to be announced by e-mail, its event
--   was forwarded to the messages, and there is none) | message_without_event (a message of a version that its
--   booking's log does not have).
-- Only what was certainly planned is compared: events of the last week (older ones announce nothing), not before the
--   messages began or the clinic turned e-mails on, of visits that had not begun when the log was last forwarded. The
--   minute is for transactions that were under way. Messages are stored for 180 days.
-- Locks: none; it reads the caller's snapshot (stable). Internal: called by verify_clinic.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.verify_messages(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
as $function$
  with receiver as (
    select r.xid, r.seq, r.delivered_at,
           greatest(now() - interval '7 days', r.added_at + interval '1 minute',
                    m.emails_since + interval '1 minute') as since
      from log_receiver r
      left join message_settings m on m.clinic_no = p_clinic_no
     where r.name = 'email' and r.delivered_at is not null and r.epoch = (select max(e.no) from log_epoch e)
       and coalesce(m.emails, true)
  ), last_event as (
    -- The types left out announce nothing, and do not change what is announced.
    select distinct on (e.booking_id) e.booking_id, e.version, e.at, e.type, e.reason, e.xid, e.seq
      from booking_event e
     where e.clinic_no = p_clinic_no and e.type not in ('linked', 'attendance_confirmed', 'attendance_withdrawn',
                                                                 'corrected', 'consent_withdrawn', 'answers_corrected')
       and e.at > (select r.since from receiver r)
     order by e.booking_id, e.version desc
  )
  select 'message_missing', b.slot_id, b.id, format('%s in version %s, and no e-mail is planned', e.type, e.version)
    from receiver r
    join last_event e on (e.xid, e.seq) <= (r.xid, r.seq)
    join booking b on b.clinic_no = p_clinic_no and b.id = e.booking_id
    join slot s on s.clinic_no = p_clinic_no and s.id = b.slot_id
   where s.starts_at > r.delivered_at and b.appointment_type <> 'case' and b.erased_at is null
     and b.patient ? 'email'
     and case e.type
           when 'confirmed' then b.status = 'CONFIRMED'
           when 'moved' then b.status = 'CONFIRMED'
           when 'contact_corrected' then b.status = 'CONFIRMED' or b.status = 'PENDING' and b.requested_at is not null
           when 'requested' then b.status = 'PENDING'
           when 'cancelled' then b.failure_reason is distinct from 'hold_released'
           when 'failed' then e.reason = 'slot_withdrawn'
           else false end
     and exists (select from booking_event c
                  where c.clinic_no = p_clinic_no and c.booking_id = b.id and c.type in ('confirmed', 'requested'))
     and not exists (select from message m
                      where m.clinic_no = p_clinic_no and m.booking_id = b.id and m.version = e.version
                        and m.channel = 'email' and m.kind <> 'reminder')
  union all
  select 'message_without_event', m.slot_id, m.booking_id,
         format('a message (%s, %s) announces version %s, which its log does not have', m.kind, m.channel, m.version)
    from message m
   where m.clinic_no = p_clinic_no and m.created_at > now() - interval '180 days'
     and not exists (select from booking_event e
                      where e.clinic_no = p_clinic_no and e.booking_id = m.booking_id and e.version = m.version)
$function$;
