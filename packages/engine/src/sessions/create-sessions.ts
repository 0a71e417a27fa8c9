import { timesSearchedMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { visitRefusal } from '../bookings/time-refusal.ts'
import { prepared } from '../database/prepared.ts'
import { type Announce, announceDoctor } from '../model/committed.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import type { OpenSession, OpenTime, OpenTimesQuery, SessionDraftOutcome, Sessions } from '../model/session.ts'
import { findLockedDoctors } from './claim-times.ts'

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

type TimeRow = { resource_id: string; session_id: string; starts_at: Date; ends_at: Date; available: number }
/** Without times, there is one row, which has only until when they were sought. */
type SearchedRow = { searched_until: Date } & (TimeRow | { session_id: null })

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

    async countInSessions({ doctorId, times }) {
      if (!isId(doctorId) || times.length === 0) return 0
      const { rows } = await pool.query<{ count: number }>(sql`
        select count(*)::integer as count
          from unnest(${times.map(({ startsAt }) => startsAt)}::timestamptz[],
                      ${times.map(({ endsAt }) => endsAt)}::timestamptz[]) t(starts_at, ends_at)
         where exists (
           select from holdfast.open_session s
            where s.clinic_no = ${clinicNoOf(doctorId)} and s.resource_id = ${doctorId} and s.withdrawn_at is null
              -- No session lasts longer.
              and s.starts_at > t.starts_at - interval '25 hours' and s.starts_at < t.ends_at
              and s.ends_at > t.starts_at)`)
      return rows[0]?.count ?? 0
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

    async freeAt({ startsAt, ...of }) {
      const to = new Date(startsAt.getTime() + 1)
      const { items } = await readTimes(pool, { ...of, doctorId: null, from: startsAt, to, limit: 1 })
      const { visitTypeId } = of
      const tries = items.map(({ sessionId }) => ({ sessionId, visitTypeId }))
      const locked = items.length > 1 ? await findLockedDoctors(pool, tries) : []
      return items.map((item, index) => ({ ...item, isLocked: locked[index] ?? false }))
    },

    times: (query) => readTimes(pool, query),

    async refusal({ clinicNo, doctorId = null, visitTypeId, startsAt, byDesk, accountId, appointmentType = null }) {
      const { rows } = await pool.query<{ refusal: string }>(sql`
        select holdfast.refusal_of_all(
          ${clinicNo}::integer, ${visitTypeId}::uuid, ${startsAt}::timestamptz, ${appointmentType}::text,
          ${byDesk}::boolean, ${accountId}::uuid, ${doctorId}::uuid) as refusal`)
      return visitRefusal(rows[0]?.refusal ?? '')
    },
  }
}

async function readTimes(
  pool: pg.Pool,
  { clinicNo, doctorId, visitTypeId, from, to, byDesk, accountId, limit, ...more }: OpenTimesQuery,
): ReturnType<Sessions['times']> {
  const { appointmentType = null, movedId = null } = more
  const isNowhere = !isId(visitTypeId) || (doctorId !== null && !isId(doctorId))
  if (isNowhere || from >= to) return { items: [], searchedUntil: to }
  const statement = sql`
    select * from holdfast.times_of_clinic(
      ${clinicNo}::integer, ${doctorId}::uuid, ${visitTypeId}::uuid, ${from}::timestamptz, ${to}::timestamptz,
      ${appointmentType}::text, ${byDesk}::boolean, ${accountId}::uuid, ${limit}::integer,
      ${timesSearchedMax}::integer, ${movedId}::uuid)`
  const { rows } = await pool.query<SearchedRow>(prepared('times_of_clinic', statement))
  const items = rows.flatMap((row) => (row.session_id === null ? [] : [timeOf(row)]))
  return { items, searchedUntil: rows[0]?.searched_until ?? to }
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
  const { resource_id: doctorId, session_id: sessionId, available } = row
  return { doctorId, sessionId, startsAt: row.starts_at, endsAt: row.ends_at, available }
}
