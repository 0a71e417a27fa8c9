import type pg from 'pg'
import sql from 'sql-template-tag'
import { onePlace, type Places } from '../database/places.ts'
import { inTransaction } from '../database/pools.ts'
import type { AuditLog, NewAuditEvent } from '../model/audit-event.ts'
import { createAuditLog } from './create-audit-log.ts'

/** Of no clinic. */
const noClinicNo = 0

/**
 * The security log of all places: each event is in the place of its clinic, and those of none are where a clinic with
 * the number 0 would be. Read over the pool, which on Citus is the coordinator's.
 */
export function createPlacedAuditLog(pool: pg.Pool, places: Places = onePlace(pool)): AuditLog {
  const log = createAuditLog(pool)
  return {
    ...log,
    async append(events) {
      if (events.length === 0 || places.all().includes(pool)) return log.append(events)
      await appendToAll(await eventsOfPlaces(places, await withClinics(pool, events)))
    },
  }
}

type PlacedEvent = NewAuditEvent & { clinicNo: number }

/** An account's own events, such as a sign-in, belong to the clinics whose data it can read. */
async function withClinics(pool: pg.Pool, events: readonly NewAuditEvent[]): Promise<PlacedEvent[]> {
  const accountOf = ({ actorId, subjectId }: NewAuditEvent) => actorId ?? subjectId
  const accountIds = events.flatMap((event) => (event.clinicNo === null ? (accountOf(event) ?? []) : []))
  const clinicNos = accountIds.length === 0 ? new Map<string, number[]>() : await clinicNosOf(pool, accountIds)
  return events.flatMap((event) => {
    const ofAccount = clinicNos.get(accountOf(event) ?? '') ?? [noClinicNo]
    const named = event.clinicNo === null ? ofAccount : [event.clinicNo]
    return named.map((clinicNo) => ({ ...event, clinicNo }))
  })
}

async function clinicNosOf(pool: pg.Pool, accountIds: readonly string[]): Promise<Map<string, number[]>> {
  const { rows } = await pool.query<{ id: string; clinicNos: number[] }>(sql`
    select m.account_id as id, array_agg(m.clinic_no order by m.clinic_no) as "clinicNos"
      from holdfast.membership m where m.account_id = any (${accountIds}::uuid[])
     group by m.account_id`)
  return new Map(rows.map(({ id, clinicNos }) => [id, clinicNos]))
}

async function eventsOfPlaces(
  places: Places,
  events: readonly PlacedEvent[],
): Promise<[pg.Pool, readonly PlacedEvent[]][]> {
  const pools = new Map<pg.Pool, PlacedEvent[]>()
  for (const event of events) {
    const pool = await places.of(event.clinicNo)
    pools.set(pool, [...(pools.get(pool) ?? []), event])
  }
  return [...pools]
}

/** Commits in no place before all have inserted theirs: else the caller's retry would write those of some twice. */
async function appendToAll([next, ...others]: [pg.Pool, readonly PlacedEvent[]][]): Promise<void> {
  if (next === undefined) return
  const [pool, events] = next
  await inTransaction(pool, async (transaction) => {
    await createAuditLog(transaction).append(events)
    await appendToAll(others)
  })
}
