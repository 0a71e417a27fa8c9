import type pg from 'pg'
import sql from 'sql-template-tag'
import { isAppointment } from '../database/is-appointment.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { ManageAccess, ManageTokenEpochs } from '../model/manage-access.ts'

/** How long a manage token works after the visit, or after the booking was cancelled or failed, or the entry ended. */
const graceHours = 24
/** How long a renewal can be retried with its key, and so with the token that it has voided. */
const retryMinutes = 10
const isRecent = sql`m.renewed_at > statement_timestamp() - make_interval(mins => ${retryMinutes})`
const epochOf = sql`coalesce(m.epoch, 0) as epoch, case when ${isRecent} then m.renewal_key end as "renewalKey"`

export function createManageTokenEpochs(pool: pg.Pool): ManageTokenEpochs {
  return {
    async access(bookingId) {
      if (!isId(bookingId)) return null
      // Not prepared: a stored plan would lock every partition.
      return (await manageAccess(pool, clinicNoOf(bookingId), [bookingId])).get(bookingId) ?? null
    },

    async accessToEntry(entryId) {
      if (!isId(entryId)) return null
      const { rows } = await pool.query<ManageAccess>(sql`
        select e.account_id as "accountId", ${epochOf},
               coalesce(e.ended_at <= statement_timestamp() - make_interval(hours => ${graceHours}), false) as "isOver"
          from holdfast.waitlist_entry e
          left join holdfast.manage_token m on m.clinic_no = e.clinic_no and m.booking_id = e.id
         where e.clinic_no = ${clinicNoOf(entryId)} and e.id = ${entryId} and e.erased_at is null`)
      return rows[0] ?? null
    },

    async renewed(bookingIds) {
      const ids = bookingIds.filter(isId)
      if (ids.length === 0) return new Map()
      const { rows } = await pool.query<{ id: string; epoch: number }>(sql`
        select m.booking_id as id, m.epoch
          from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) i(clinic_no, id)
          join holdfast.manage_token m on m.clinic_no = i.clinic_no and m.booking_id = i.id`)
      return new Map(rows.map(({ id, epoch }) => [id, epoch]))
    },

    async renew({ id, accountId, epoch, renewalKey }) {
      const { rows } = await pool.query<{ epoch: number | null }>(sql`
        select epoch from holdfast.renew_manage_token(
          ${clinicNoOf(id)}, ${id}, ${accountId}, ${epoch}, ${renewalKey}, ${retryMinutes})`)
      return rows[0]?.epoch ?? null
    },
  }
}

/** The same of several bookings of a clinic, by their ids. */
export async function manageAccess(
  pool: pg.Pool,
  clinicNo: number,
  bookingIds: readonly string[],
): Promise<Map<string, ManageAccess>> {
  const { rows } = await pool.query<ManageAccess & { id: string }>(sql`
    select b.id, b.account_id as "accountId", ${epochOf},
           case b.status
             when 'CANCELLED' then b.updated_at
             when 'FAILED' then b.updated_at
             when 'PENDING' then least(b.hold_expires_at, s.ends_at)
             else s.ends_at
           end <= statement_timestamp() - make_interval(hours => ${graceHours}) as "isOver"
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      left join holdfast.manage_token m on m.clinic_no = b.clinic_no and m.booking_id = b.id
     where b.clinic_no = ${clinicNo} and b.id = any (${bookingIds}::uuid[]) and ${isAppointment}
       and b.erased_at is null`)
  return new Map(rows.map(({ id, ...access }) => [id, access]))
}
