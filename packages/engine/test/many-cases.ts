import type { TestDatabase } from '@holdfast/testkit'
import type { Case } from '../src/model/theatre-case.ts'

/**
 * Copies a confirmed case so many times, each an hour after the one before it, with all that it takes, and its log.
 * `areOver`: they were over before their planned start, so that they take nothing.
 */
export async function copyCase(
  database: TestDatabase,
  { id }: Pick<Case, 'id'>,
  { from, to, areOver = false }: { from: number; to: number; areOver?: boolean },
): Promise<void> {
  const connection = await database.ownerPool.connect()
  try {
    await connection.query(`
      begin;
      set local session_replication_role = replica;
      create temp table copy on commit drop as
        select holdfast.new_id(holdfast.clinic_no_of('${id}'), now()) as id, n * interval '1 hour' as later
          from generate_series(${from}, ${to}) n;
      insert into holdfast.booking
      select (jsonb_populate_record(b, jsonb_build_object('id', c.id))).*
        from copy c, holdfast.booking b where b.id = '${id}';
      insert into holdfast.theatre_case
      select (jsonb_populate_record(t, jsonb_build_object('booking_id', c.id, 'starts_at', t.starts_at + c.later,
               'ends_at', t.ends_at + c.later, 'expected_ends_at', t.expected_ends_at + c.later))).*
        from copy c, holdfast.theatre_case t where t.booking_id = '${id}';
      update holdfast.theatre_case t
         set digest = holdfast.case_digest(t.booking_id, t.room_id, t.starts_at, t.ends_at, t.turnover_minutes,
               t.surgeon_id, t.anaesthetist_id, t.staff_ids, t.equipment, t.patient_id, t.service, t.procedure_code,
               t.procedure_display, t.urgency, t.request_id)
        from copy c where t.booking_id = c.id;
      insert into holdfast.allocation
      select (jsonb_populate_record(a, jsonb_build_object('booking_id', c.id, 'during', case when not ${areOver}
               then tstzrange(lower(a.during) + c.later, upper(a.during) + c.later) else 'empty' end,
               'planned_at', case when ${areOver} then lower(a.during) + c.later end))).*
        from copy c, holdfast.allocation a where a.booking_id = '${id}';
      insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
                                          status_after, booking_digest, case_details)
      select e.clinic_no, c.id, e.version, e.at, e.type, e.slot_id, e.resource_id, e.units, e.status_after,
             e.booking_digest, jsonb_build_object('allocations', holdfast.allocations_of(e.clinic_no, c.id))
        from copy c, holdfast.booking_event e where e.booking_id = '${id}';
      commit`)
  } finally {
    connection.release()
  }
}
