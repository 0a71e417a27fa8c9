import type pg from 'pg'
import sql from 'sql-template-tag'
import { recordMerged } from '../bookings/record-merged.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { LinkPatientOutcome, PatientRecord, Patients, RecordMerged } from '../model/patient-record.ts'
import { selectedRecord } from './record-columns.ts'

/** Which booking is whose: in a separate table, so that claims do not have to write it. */
export function patientLinks(pool: pg.Pool): Pick<Patients, 'ofBooking' | 'flagsOf' | 'link' | 'unlink'> {
  return {
    async ofBooking(bookingId) {
      if (!isId(bookingId)) return null
      const { rows } = await pool.query<PatientRecord>(sql`
        select ${selectedRecord}
          from holdfast.booking_patient l
          join holdfast.patient o on o.clinic_no = l.clinic_no and o.id = l.patient_id
          join holdfast.patient p on p.clinic_no = l.clinic_no and p.id = coalesce(o.merged_into, o.id)
         where l.clinic_no = ${clinicNoOf(bookingId)} and l.booking_id = ${bookingId} and p.erased_at is null`)
      return rows[0] ?? null
    },

    async flagsOf(clinicNo, bookingIds) {
      if (bookingIds.length === 0) return new Map()
      const { rows } = await pool.query<{ bookingId: string; flags: string[] }>(sql`
        select l.booking_id as "bookingId", p.flags
          from holdfast.booking_patient l
          join holdfast.patient o on o.clinic_no = l.clinic_no and o.id = l.patient_id
          join holdfast.patient p on p.clinic_no = l.clinic_no and p.id = coalesce(o.merged_into, o.id)
         where l.clinic_no = ${clinicNo} and l.booking_id = any (${bookingIds}::uuid[]) and p.erased_at is null
           and p.flags <> '{}'`)
      return new Map(rows.map(({ bookingId, flags }) => [bookingId, flags]))
    },

    async link(bookingId, patientId, actorId) {
      if (!isId(bookingId)) return { kind: 'booking_missing' }
      if (!isId(patientId) || clinicNoOf(patientId) !== clinicNoOf(bookingId)) return { kind: 'patient_missing' }
      const { rows } = await pool.query<{ outcome: string }>(sql`
        select holdfast.link_patient(${clinicNoOf(bookingId)}::integer, ${bookingId}::uuid, ${patientId}::uuid,
                                     ${actorId}::uuid) as outcome`)
      const [row] = rows
      if (row === undefined) throw new Error('link_patient returned no row.')
      return recordMerged(row.outcome) ?? { kind: row.outcome as Exclude<LinkPatientOutcome, RecordMerged>['kind'] }
    },

    async unlink(bookingId) {
      if (!isId(bookingId)) return false
      const { rows } = await pool.query<{ outcome: 'done' | 'unchanged' }>(sql`
        select holdfast.unlink_patient(${clinicNoOf(bookingId)}::integer, ${bookingId}::uuid) as outcome`)
      return rows[0]?.outcome === 'done'
    },
  }
}
