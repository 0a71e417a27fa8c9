import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf } from '../model/id.ts'
import type { MessageFacts, TimeInstead } from '../model/message.ts'
import { alternativeReads } from '../reads/alternatives.ts'

/**
 * Bookable times with as many places instead of a withdrawn one: of the same doctor, then of others with the same
 * specialization. None for a visit in an open session, which no slot replaces.
 */
export async function timesInstead(
  pool: pg.Pool,
  {
    slotId,
    units,
    appointmentType,
    visitType,
  }: Pick<MessageFacts, 'slotId' | 'units' | 'appointmentType' | 'visitType'>,
  limit: number,
): Promise<TimeInstead[]> {
  if (visitType !== null) return []
  const wanted = { slotId, fromSlotId: null, units, appointmentType, limit, sameDoctor: false, byDesk: false }
  const slots = await alternativeReads(pool).alternatives(wanted)
  if (slots.length === 0) return []
  const ids = [...new Set(slots.map(({ doctorId }) => doctorId))]
  const { rows } = await pool.query<{ id: string; name: string }>(sql`
    select id, name from holdfast.resource where clinic_no = ${clinicNoOf(slotId)} and id = any (${ids}::uuid[])`)
  const names = new Map(rows.map(({ id, name }) => [id, name]))
  return slots.map(({ id, doctorId, startsAt }) => ({
    slotId: id,
    doctorId,
    startsAt,
    doctorName: names.get(doctorId) ?? '',
  }))
}
