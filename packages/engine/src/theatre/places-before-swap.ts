import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf } from '../model/id.ts'
import type { CasePlace } from './case-plans.ts'

type EventRow = { caseId: string; type: string; key: string | null; roomId: string | null; startsAt: string | null }

/**
 * Where each of two cases was before they were swapped with each other, by their ids; null: they were not, or one of
 * them was changed since. It is read from the log: the places of two cases alone do not say where they were, because
 * two that follow each other keep the time that they take together.
 */
export async function placesBeforeSwap(
  pool: pg.Pool,
  caseIds: readonly [string, string],
): Promise<ReadonlyMap<string, CasePlace> | null> {
  // Not prepared: a stored plan would lock every partition.
  const { rows } = await pool.query<EventRow>(sql`
    select e.booking_id as "caseId", e.type, e.request_key as key, a.item->>1 as "roomId", a.item->>3 as "startsAt"
      from holdfast.booking_event e
      left join lateral jsonb_array_elements(e.case_details->'allocations') a(item) on a.item->>0 = 'room'
     where e.clinic_no = ${clinicNoOf(caseIds[0])} and e.booking_id = any (${caseIds}::uuid[])
     order by e.version desc`)
  const places = new Map<string, CasePlace>()
  const keys = new Set<string | null>()
  for (const caseId of caseIds) {
    const events = rows.filter((row) => row.caseId === caseId)
    const last = events.findIndex(({ type }) => type === 'moved')
    const before = events.slice(last + 1).find(({ roomId }) => roomId !== null)
    if (last === -1 || before?.roomId == null || before.startsAt === null) return null
    places.set(caseId, { roomId: before.roomId, startsAt: new Date(before.startsAt) })
    keys.add(events[last]?.key ?? null)
  }
  return keys.size === 1 && !keys.has(null) ? places : null
}
