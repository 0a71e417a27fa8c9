import type pg from 'pg'
import sql from 'sql-template-tag'
import { isConnectionLost, isLoginRefused } from '../database/database-unavailable.ts'
import { promptly } from '../database/promptly.ts'
import { rowsOf, type ShardPools } from '../database/shard-pools.ts'
import type { AuditLog, NewAuditEvent } from '../model/audit-event.ts'
import { type AuditRow, auditPage, auditRows, createAuditLog } from './create-audit-log.ts'

/** The number that events of no clinic are stored with. */
const noClinicNo = 0

/**
 * The security log of all databases: each event is in that of its clinic, and those of none are in the directory, where
 * a clinic with the number 0 would be.
 *
 * @param directory knows in which clinics an account may have a role
 */
export function createShardedAuditLog(directory: pg.Pool, shards: ShardPools): AuditLog {
  const log = createAuditLog(directory)
  const roles: Roles = { directory, shards, skippedUntil: new WeakMap() }
  return {
    ...log,
    byClinic: (events) => byClinic(roles, events),
    async events(query) {
      const rows = await rowsOf(shards.all(), (pool) => auditRows(pool, query))
      return auditPage(rows.toSorted(latestFirst).slice(0, query.limit + 1), query.limit)
    },
    // Somebody whose role has just ended may be among them: then the log has more rows than it needs.
    async withRole(accountIds) {
      const { rows } = await directory.query<{ id: string }>(sql`
        select account_id::text as id from holdfast.account_clinic where account_id = any(${accountIds}::uuid[])
        union
        select account_id::text from holdfast.site_administrator where account_id = any(${accountIds}::uuid[])`)
      return new Set(rows.map(({ id }) => id))
    },
  }
}

/** The order is that of each database. The numbers of two databases may be the same. */
function latestFirst(one: AuditRow, other: AuditRow): number {
  return Number(other.micros) - Number(one.micros) || Number(other.id) - Number(one.id)
}

/** Where the roles of accounts are. `skippedUntil`: until when a shard is not queried, on the monotonic clock. */
type Roles = { directory: pg.Pool; shards: ShardPools; skippedUntil: WeakMap<pg.Pool, number> }

/** An account's own events, such as a sign-in, belong to the clinics whose data it can read. */
async function byClinic(
  roles: Roles,
  events: readonly NewAuditEvent[],
): Promise<(NewAuditEvent & { clinicNo: number })[]> {
  const accountOf = ({ actorId, subjectId }: NewAuditEvent) => actorId ?? subjectId
  const accountIds = events.flatMap((event) => (event.clinicNo === null ? (accountOf(event) ?? []) : []))
  const clinicNos = accountIds.length === 0 ? new Map<string, number[]>() : await clinicsOf(roles, accountIds)
  return events.flatMap((event) => {
    const ofAccount = clinicNos.get(accountOf(event) ?? '') ?? [noClinicNo]
    const named = event.clinicNo === null ? ofAccount : [event.clinicNo]
    return named.map((clinicNo) => ({ ...event, clinicNo }))
  })
}

type Held = { accountId: string; clinicNo: number }

/** The clinics in which accounts have roles; if a shard does not respond, those there in which they may have one. */
async function clinicsOf(
  { directory, shards, skippedUntil }: Roles,
  accountIds: readonly string[],
): Promise<Map<string, number[]>> {
  const { rows: noted } = await directory.query<Held>(sql`
    select account_id::text as "accountId", clinic_no as "clinicNo" from holdfast.account_clinic
     where account_id = any (${accountIds}::uuid[]) order by clinic_no`)
  const byShard = new Map<pg.Pool, Held[]>()
  for (const held of noted) {
    const shard = await shards.of(held.clinicNo)
    byShard.set(shard, [...(byShard.get(shard) ?? []), held])
  }
  const held = await Promise.all(Array.from(byShard, ([shard, ofShard]) => heldIn(shard, ofShard, skippedUntil)))
  const clinicNos = new Map<string, number[]>()
  for (const { accountId, clinicNo } of held.flat()) {
    clinicNos.set(accountId, [...(clinicNos.get(accountId) ?? []), clinicNo])
  }
  return clinicNos
}

/** How long a shard that did not respond is not queried again: the events of all clinics wait for its response. */
const skipMs = 5_000

async function heldIn(shard: pg.Pool, noted: Held[], skippedUntil: Roles['skippedUntil']): Promise<Held[]> {
  if (performance.now() < (skippedUntil.get(shard) ?? 0)) return noted
  try {
    const query = shard.query<Held>(sql`
      select m.account_id::text as "accountId", m.clinic_no as "clinicNo"
        from holdfast.membership m
       where (m.clinic_no, m.account_id) in (
         select * from unnest(${noted.map(({ clinicNo }) => clinicNo)}::integer[],
                              ${noted.map(({ accountId }) => accountId)}::uuid[]))
       order by 2`)
    return (await promptly(query)).rows
  } catch (error) {
    if (!isConnectionLost(error) && !isLoginRefused(error)) throw error
    skippedUntil.set(shard, performance.now() + skipMs)
    return noted
  }
}
