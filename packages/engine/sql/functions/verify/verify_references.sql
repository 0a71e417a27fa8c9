-- verify_references: checks what refers to a clinic's bookings from elsewhere.
--
-- Findings: key_without_booking (an idempotency key names a booking that does not exist) | key_differs (it names a
--   booking that was created at another time than the key, by another key, or that has another key: a retry would
--   return a booking that it did not create) | token_without_booking (a renewed manage token of neither a booking nor
--   an entry of the waitlist) | copy_differs (a copy of an event of an old booking that is not as the event, or of
--   none; such an event of the last 92 days without its copy: see note_late_events. A day is left for clocks that
--   differ) | patient_differs (a record is linked to what is no appointment, or to one that was erased, or was erased
--   itself; or others have its identifiers).
-- Internal: called by verify_clinic.
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_references(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
as $function$
  select case when b.id is null then 'key_without_booking' else 'key_differs' end, b.slot_id, k.booking_id,
         case when b.id is null then 'an idempotency key names this booking, which does not exist'
              when k.created_at <> b.created_at
                then format('an idempotency key of %s names this booking, which was created at %s', k.created_at,
                            b.created_at)
              when k.key <> e.request_key then 'an idempotency key names this booking, which another key created'
              else format('%s idempotency keys name this booking', k.keys) end
    from (select i.key, i.booking_id, i.created_at, count(*) over (partition by i.booking_id) as keys
            from idempotency i where i.clinic_no = p_clinic_no) k
    left join (select q.id, q.slot_id, q.created_at from booking q where q.clinic_no = p_clinic_no) b
      on b.id = k.booking_id
    -- null: the patient has been erased.
    left join (select o.booking_id, o.request_key from booking_event o
                where o.clinic_no = p_clinic_no and o.version = 1) e
      on e.booking_id = k.booking_id
   where b.id is null or k.created_at <> b.created_at or k.key <> e.request_key or k.keys > 1
  union all
  select 'token_without_booking', null, m.booking_id, 'a manage token was renewed of what does not exist'
    from manage_token m
   where m.clinic_no = p_clinic_no
     and not exists (select from booking b where b.clinic_no = p_clinic_no and b.id = m.booking_id)
     and not exists (select from waitlist_entry e where e.clinic_no = p_clinic_no and e.id = m.booking_id)
  union all
  select 'copy_differs', l.slot_id, l.booking_id,
         format('version %s: the copy of the event for readers of the recent log is not as the event', l.version)
    from late_event l
    -- Its booking may have been archived since.
    join (select b.id from booking b where b.clinic_no = p_clinic_no) o on o.id = l.booking_id
    left join (select * from booking_event o where o.clinic_no = p_clinic_no) e
      on e.booking_id = l.booking_id and e.version = l.version
   -- '3': it was restored from an archive (restore_archived_rows).
   where l.clinic_no = p_clinic_no
     and (case when e.xid <> '3' then l.xid end, l.seq, l.at, l.type, l.slot_id, l.resource_id, l.units,
          l.hold_expires_at, l.from_slot_id, l.reason,
          l.actor_id, l.status_after, l.case_details)
         is distinct from
         (case when e.xid <> '3' then e.xid end, e.seq, e.at, e.type, e.slot_id, e.resource_id, e.units,
          e.hold_expires_at, e.from_slot_id, e.reason,
          e.actor_id, e.status_after, e.case_details)
  union all
  select 'copy_differs', e.slot_id, e.booking_id,
         format('version %s: the event is late, and readers of the recent log have no copy of it', e.version)
    from booking_event e
   where e.clinic_no = p_clinic_no and e.booking_id < late_ids(now()) and e.at > now() - interval '92 days'
     and e.xid <> '3' and e.booking_id < late_ids(e.at - interval '1 day')
     and not exists (select from late_event l
                      where l.clinic_no = p_clinic_no and l.booking_id = e.booking_id and l.version = e.version)
  union all
  select 'patient_differs', b.slot_id, l.booking_id,
         format('it is linked to the record %s, and %s', l.patient_id,
                case when b.id is null then 'the booking does not exist'
                     when b.appointment_type = 'case' then 'the booking is a case'
                     when b.erased_at is not null then 'the booking was erased'
                     else 'the record was erased' end)
    from booking_patient l
    join patient t on t.clinic_no = l.clinic_no and t.id = l.patient_id
    left join (select q.id, q.slot_id, q.appointment_type, q.erased_at from booking q
                where q.clinic_no = p_clinic_no) b
      on b.id = l.booking_id
   where l.clinic_no = p_clinic_no
     and (b.id is null or b.appointment_type = 'case' or b.erased_at is not null or t.erased_at is not null)
  union all
  select 'patient_differs', null, null,
         format('the record %s was merged into %s, which %s', m.id, m.merged_into,
                case when k.id is null then 'does not exist' when k.erased_at is not null then 'was erased'
                     when k.merged_into is not null then 'was merged itself'
                     else 'has not the record that it was merged into at first' end)
    from patient m
    left join patient k on k.clinic_no = m.clinic_no and k.id = m.merged_into
    left join patient d on d.clinic_no = m.clinic_no and d.id = (m.merge->>'into')::uuid
   where m.clinic_no = p_clinic_no and m.merged_into is not null
     and (k.id is null or k.erased_at is not null or k.merged_into is not null
          or coalesce(d.merged_into, d.id) is distinct from k.id)
  union all
  select 'patient_differs', null, null,
         format('the identifier of system %s is not that of the record %s', coalesce(i.system, e.system),
                coalesce(i.patient_id, e.patient_id))
    from (select n.system, n.value, n.patient_id from patient_identifier n where n.clinic_no = p_clinic_no) i
    full join (select o.system, o.value, t.id as patient_id
                 from patient t
                cross join lateral jsonb_to_recordset(t.identifiers) o(system text, value text)
                where t.clinic_no = p_clinic_no) e
      on (i.system, i.value, i.patient_id) = (e.system, e.value, e.patient_id)
   where i.patient_id is null or e.patient_id is null
$function$;
