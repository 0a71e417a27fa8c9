import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { AuditEvent, AuditEventsQuery, AuditLog } from '../model/audit-event.ts'
import type { Page } from '../model/page.ts'

const auditCursor = cursorOf('audit-events', ['micros', 'micros'])

export type AuditRow = AuditEvent & { micros: string }

/** The same as in append_audit_events.sql. */
const ageMsMax = 24 * 3_600_000

/**
 * The security log, appended to and read with the application's role, which may neither change nor delete its
 * rows, nor add any to older days.
 *
 * @param pool or a transaction, whose commit an entry then shares
 */
export function createAuditLog(pool: Pick<pg.PoolClient, 'query'>): AuditLog {
  return {
    async append(events) {
      if (events.length === 0) return
      // After an outage of more than a day, the oldest have the time of a day ago.
      const appended = events.map((event) => ({ ...event, ageMs: Math.min(event.ageMs, ageMsMax) }))
      await pool.query(sql`select holdfast.append_audit_events(${JSON.stringify(appended)}::jsonb)`)
    },

    byClinic: async (events) => events,

    async withRole(accountIds) {
      const { rows } = await pool.query<{ id: string }>(sql`
        select account_id::text as id from holdfast.membership where account_id = any(${accountIds}::uuid[])
        union
        select account_id::text from holdfast.site_administrator where account_id = any(${accountIds}::uuid[])`)
      return new Set(rows.map(({ id }) => id))
    },

    events: async (query) => auditPage(await auditRows(pool, query), query.limit),
  }
}

/** The rows of a page, and one more if there is another page: the latest first. */
export async function auditRows(pool: Pick<pg.PoolClient, 'query'>, query: AuditEventsQuery): Promise<AuditRow[]> {
  const { rows } = await pool.query<AuditRow>(sql`
    select a.seq::text as id, a.at, ${microsOf(sql`a.at`)} as micros, a.kind, a.count,
           a.actor_kind as "actorKind", a.actor_id as "actorId", a.subject_id as "subjectId",
           a.subjects, a.network::text as network, a.details, c.id as "clinicId", c.name as "clinicName",
           a.epoch::text as epoch, a.no::text as no, encode(a.hash, 'hex') as hash
      from holdfast.audit_event a left join holdfast.clinic c on c.no = a.clinic_no
     where ${join(conditionsOf(query), ' and ')}
     order by a.at desc, a.seq desc
     limit ${query.limit + 1}`)
  return rows
}

export function auditPage(rows: readonly AuditRow[], limit: number): Page<AuditEvent> {
  return pageOf(
    rows,
    limit,
    ({ micros: _, ...event }) => event,
    (last) => auditCursor.encode(last.micros, last.id),
  )
}

function conditionsOf({ clinicNo, onlyWithoutFactor, kind, accountId, from, to, cursor }: AuditEventsQuery): Sql[] {
  const conditions = [sql`true`]
  if (clinicNo !== null) conditions.push(sql`a.clinic_no = ${clinicNo}`)
  if (onlyWithoutFactor) conditions.push(sql`c.roles_need_second_factor is not true`)
  if (kind !== null) conditions.push(sql`a.kind = ${kind}`)
  if (accountId !== null) conditions.push(sql`(a.actor_id = ${accountId} or a.subject_id = ${accountId})`)
  if (from !== null) conditions.push(sql`a.at >= ${from}`)
  if (to !== null) conditions.push(sql`a.at < ${to}`)
  if (cursor !== null) {
    const [micros, seq] = auditCursor.decode(cursor)
    conditions.push(sql`(a.at, a.seq) < (${timeOfMicros(micros)}, ${seq}::bigint)`)
  }
  return conditions
}
