import { timesSearchedMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { type Announce, announceDoctor } from '../model/committed.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import type { OpenSession, OpenTime, SessionDraftOutcome, Sessions } from '../model/session.ts'

type CreatedRow = {
  outcome: SessionDraftOutcome['outcome'] | 'visit_type_missing'
  session_id: string | null
  tx: string
}

type SessionRow = {
  id: string
  resource_id: string
  starts_at: Date
  ends_at: Date
  grid_minutes: number
  visit_type_ids: string[] | null
}

type TimeRow = { session_id: string; starts_at: Date; ends_at: Date; available: number }
/** Without times, one row that has only the number of starts. */
type SearchedRow = { starts: number } & (TimeRow | { session_id: null })

const listMax = 1_000

/** Opening, listing and withdrawing sessions, each announced if it writes, and the times in them. */
export function createSessions(pool: pg.Pool, announce: Announce): Sessions {
  return {
    async create({ doctorId, drafts, gridMinutes, visitTypeIds }) {
      const clinicNo = clinicNoOf(doctorId)
      const { rows } = await pool.query<CreatedRow>(sql`
        select * from holdfast.create_sessions(
          ${clinicNo}::integer, ${doctorId}::uuid, ${drafts.map(() => newId(clinicNo))}::uuid[],
          ${drafts.map(({ startsAt }) => startsAt)}::timestamptz[],
          ${drafts.map(({ endsAt }) => endsAt)}::timestamptz[], ${gridMinutes}::integer, ${visitTypeIds}::uuid[])`)
      if (rows[0]?.outcome === 'visit_type_missing') return { kind: 'visit_type_missing' }
      const items = drafts.map((draft, index): SessionDraftOutcome => {
        const row = rows[index]
        if (row === undefined || row.outcome === 'visit_type_missing')
          throw new Error(`create_sessions returned ${rows.length} rows for ${drafts.length} drafts.`)
        return { ...draft, outcome: row.outcome, sessionId: row.session_id }
      })
      const position = items.every(({ outcome }) => outcome === 'conflict') ? null : (rows[0]?.tx ?? null)
      if (position !== null) announceDoctor(announce, doctorId, position)
      return { kind: 'done', items, position }
    },

    async list({ doctorId, from, to }) {
      if (!isId(doctorId)) return []
      const { rows } = await pool.query<SessionRow>(sql`
        select id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids
          from holdfast.open_session
         where clinic_no = ${clinicNoOf(doctorId)} and resource_id = ${doctorId} and withdrawn_at is null
           and starts_at > ${from}::timestamptz - interval '25 hours' and starts_at < ${to} and ends_at > ${from}
         order by starts_at limit ${listMax}`)
      return rows.map(sessionOf)
    },

    async find(sessionId) {
      if (!isId(sessionId)) return null
      const { rows } = await pool.query<SessionRow>(sql`
        select id, resource_id, starts_at, ends_at, grid_minutes, visit_type_ids
          from holdfast.open_session where clinic_no = ${clinicNoOf(sessionId)} and id = ${sessionId}`)
      return rows[0] === undefined ? null : sessionOf(rows[0])
    },

    async withdraw(sessionId, doctorId) {
      if (!isId(sessionId)) return null
      const { rows } = await pool.query<{ resource_id: string; tx: string }>(sql`
        select * from holdfast.withdraw_session(
          ${clinicNoOf(sessionId)}::integer, ${sessionId}::uuid, ${doctorId}::uuid)`)
      const [row] = rows
      if (row === undefined) return null
      announceDoctor(announce, row.resource_id, row.tx)
      return { position: row.tx }
    },

    async times({ doctorId, visitTypeId, from, to, byDesk, accountId, limit }) {
      if (!isId(doctorId) || !isId(visitTypeId)) return []
      const clinicNo = clinicNoOf(doctorId)
      const statement = sql`
        select n.starts, t.*
          from (select coalesce(sum(1 + extract(epoch from least(s.ends_at, ${to}) - greatest(s.starts_at, ${from}))
                                        / 60 / s.grid_minutes), 0)::integer as starts
                  from holdfast.open_session s
                 where s.clinic_no = ${clinicNo}::integer and s.resource_id = ${doctorId}::uuid
                   and s.withdrawn_at is null and s.starts_at > ${from}::timestamptz - interval '25 hours'
                   and s.starts_at < ${to}::timestamptz and s.ends_at > ${from}) n
          left join lateral holdfast.open_times(
            ${clinicNo}, ${doctorId}, ${visitTypeId}::uuid, ${from}, ${to}, ${byDesk}::boolean, ${accountId}::uuid,
            case when n.starts <= ${timesSearchedMax}::integer then ${limit}::integer else 0 end) t on true`
      const { rows } = await pool.query<SearchedRow>(prepared('open_times', statement))
      if ((rows[0]?.starts ?? 0) > timesSearchedMax) return null
      return rows.flatMap((row) => (row.session_id === null ? [] : [timeOf(row)]))
    },
  }
}

function sessionOf(row: SessionRow): OpenSession {
  return {
    id: row.id,
    doctorId: row.resource_id,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    gridMinutes: row.grid_minutes,
    visitTypeIds: row.visit_type_ids,
  }
}

function timeOf(row: TimeRow): OpenTime {
  return { sessionId: row.session_id, startsAt: row.starts_at, endsAt: row.ends_at, available: row.available }
}
