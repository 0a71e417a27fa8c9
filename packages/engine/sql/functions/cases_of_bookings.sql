-- cases_of_bookings: the cases of these bookings: with their effective status, what they take, and their milestones.
-- found: as Case in src/model/theatre-case.ts, without atRiskBy; times are texts. Bookings that are no cases are left
-- out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.cases_of_bookings(p_bookings holdfast.booking[])
  returns table (booking_id uuid, found jsonb)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  select t.booking_id,
         jsonb_build_object(
           'id', t.booking_id, 'clinicId', c.id,
           'status', case when b.is_lapsed then 'FAILED' else b.status end,
           'failureReason', case when b.is_lapsed then 'hold_expired' else b.failure_reason end,
           'cancellationReason', b.cancellation_reason,
           'holdExpiresAt', case when b.status = 'PENDING' and not b.is_lapsed then b.hold_expires_at end,
           'roomId', t.room_id, 'startsAt', t.starts_at, 'endsAt', t.ends_at, 'expectedEndsAt', t.expected_ends_at,
           'minutes', extract(epoch from t.ends_at - t.starts_at)::integer / 60,
           'turnoverMinutes', t.turnover_minutes, 'surgeonId', t.surgeon_id, 'anaesthetistId', t.anaesthetist_id,
           'staffIds', t.staff_ids, 'equipment', t.equipment,
           'blockId', case when b.resource_id = t.room_id then b.slot_id end, 'service', t.service,
           'procedure', jsonb_build_object('code', t.procedure_code, 'display', t.procedure_display),
           'urgency', t.urgency, 'patientId', t.patient_id,
           'patient', case when p.mrn is not null
                           then jsonb_build_object('mrn', p.mrn, 'name', p.name, 'birthDate', p.birth_date) end,
           'requestId', t.request_id, 'override', t.override, 'version', b.version, 'createdAt', b.created_at,
           'updatedAt', b.updated_at,
           'allocations', case when b.is_lapsed then '[]' else allocations_of(t.clinic_no, t.booking_id) end,
           'milestones', (select coalesce(jsonb_agg(jsonb_build_object('milestone', m.milestone, 'at', m.at)
                                                    order by m.at, m.milestone), '[]')
                            from case_milestone m
                           where m.clinic_no = t.clinic_no and m.booking_id = t.booking_id))
    from (select q.*, hold_lapsed(q.status, q.hold_expires_at, statement_timestamp()) as is_lapsed
            from unnest(p_bookings) q) b
    join theatre_case t on t.clinic_no = b.clinic_no and t.booking_id = b.id
    join clinic c on c.no = t.clinic_no
    left join theatre_patient p on p.clinic_no = t.clinic_no and p.id = t.patient_id;
end
$function$;
