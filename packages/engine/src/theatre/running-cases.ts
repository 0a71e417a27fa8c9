import { randomUUID } from 'node:crypto'
import type { Milestone } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { promptly, readAfterCommit } from '../database/promptly.ts'
import { type NotDone, overloaded } from '../model/claim.ts'
import { clinicNoIn } from '../model/id.ts'
import type { Theatre } from '../model/theatre.ts'
import type {
  CaseAction,
  ExtendCaseOutcome,
  RecordMilestoneOutcome,
  RecordMilestoneRequest,
} from '../model/theatre-case.ts'
import { announceCases } from './announce-cases.ts'
import type { CaseChangesSettings } from './case-changes.ts'
import { missing } from './case-plans.ts'
import { isAtRisk, requireCase, takenNear } from './case-reads.ts'
import { type CaseWriter, changeOrBusy } from './schedule-cases.ts'

type RunningCasesSettings = Omit<CaseChangesSettings, 'settle' | 'claim' | 'runSettle'>

const triesMax = 20

type RunningRow = {
  outcome:
    | 'done'
    | 'unchanged'
    | 'case_missing'
    | 'hold_expired'
    | 'invalid_transition'
    | 'milestone_order'
    | 'milestone_missing'
    | 'room_occupied'
    | 'patient_elsewhere'
    | 'too_late'
    | 'slot_closed:withdrawn'
    | 'too_early'
    | 'retry'
  /** A milestone; for room_occupied and patient_elsewhere, the id of a case. */
  conflicting?: string | null
  at?: Date | null
  /** Of prolong_case: the earliest end that it accepts. */
  earliest?: Date | null
  tx: string | null
}

/** The day of the operation: milestones, and cases that take longer than planned. */
export function runningCases(settings: RunningCasesSettings): Pick<Theatre, 'recordMilestone' | 'extendCase'> {
  return {
    recordMilestone: (request) => recordMilestone(settings, request),
    extendCase: (request) => extendCase(settings, request),
  }
}

async function extendCase(
  { pool, writer, announce, runChange }: RunningCasesSettings,
  { caseId, expectedEndsAt, actorId, key }: CaseAction & { expectedEndsAt: Date },
): Promise<ExtendCaseOutcome> {
  const clinicNo = clinicNoIn(caseId)
  if (clinicNo === null) return missing(caseId)
  const statement = sql`
    select * from holdfast.prolong_case(${clinicNo}::integer, ${caseId}::uuid, ${expectedEndsAt}::timestamptz,
      ${actorId}::uuid, ${key ?? randomUUID()}::uuid)`
  const ran = await runChange(clinicNo, (deadline) => runUntilDone(writer, clinicNo, statement, deadline))
  if (ran.kind !== 'ran') return ran
  const { row } = ran
  switch (row.outcome) {
    case 'done':
    case 'unchanged': {
      const position = row.tx ?? ''
      const [found, atRiskCaseIds] = await readAfterCommit(() =>
        Promise.all([requireCase(pool, caseId), casesAtRisk(pool, clinicNo, caseId)]),
      )
      announceCases(announce, row.outcome === 'done' ? position : null, [found])
      return { kind: row.outcome, case: found, atRiskCaseIds, position }
    }
    case 'case_missing':
      return missing(caseId)
    case 'hold_expired':
    case 'invalid_transition':
      return { kind: row.outcome, case: await promptly(requireCase(pool, caseId)) }
    case 'too_early':
      if (row.earliest == null) throw new Error('prolong_case names no limit.')
      return { kind: 'too_early', earliest: row.earliest }
    default:
      throw new Error(`prolong_case returned ${row.outcome}.`)
  }
}

async function recordMilestone(
  { pool, writer, announce, runChange }: RunningCasesSettings,
  { caseId, milestone, at, isTrial, isForced, actorId, key }: RecordMilestoneRequest,
): Promise<RecordMilestoneOutcome> {
  const clinicNo = clinicNoIn(caseId)
  if (clinicNo === null) return missing(caseId)
  const statement = sql`
    select * from holdfast.record_milestone(${clinicNo}::integer, ${caseId}::uuid, ${milestone}::text,
      ${at}::timestamptz, ${isTrial}::boolean, ${actorId}::uuid, ${key ?? randomUUID()}::uuid,
      ${isForced ?? false}::boolean)`
  const ran = await runChange(clinicNo, (deadline) => runUntilDone(writer, clinicNo, statement, deadline))
  if (ran.kind !== 'ran') return ran
  const { row } = ran
  switch (row.outcome) {
    case 'done':
    case 'unchanged': {
      const [found, position] = [await readAfterCommit(() => requireCase(pool, caseId)), row.tx ?? '']
      announceCases(announce, row.outcome === 'done' ? position : null, [found])
      return { kind: row.outcome, case: found, position }
    }
    case 'case_missing':
      return missing(caseId)
    case 'hold_expired':
    case 'invalid_transition':
      return { kind: row.outcome, case: await promptly(requireCase(pool, caseId)) }
    case 'too_early':
    case 'too_late':
      if (row.at == null) throw new Error('record_milestone names no limit.')
      return row.outcome === 'too_early'
        ? { kind: 'milestone_early', earliest: row.at }
        : { kind: 'milestone_late', latest: row.at }
    case 'slot_closed:withdrawn':
      return { kind: 'slot_closed', why: 'withdrawn' }
    case 'milestone_order':
    case 'milestone_missing':
    case 'room_occupied':
    case 'patient_elsewhere':
      return contradiction(row.outcome, row)
    default:
      throw new Error(`record_milestone returned ${row.outcome}.`)
  }
}

/** How a milestone does not fit what is recorded. */
function contradiction(
  kind: 'milestone_order' | 'milestone_missing' | 'room_occupied' | 'patient_elsewhere',
  { conflicting, at }: RunningRow,
): RecordMilestoneOutcome {
  if (conflicting == null) throw new Error('record_milestone names nothing that conflicts.')
  if (kind === 'milestone_missing') return { kind, milestone: conflicting as Milestone }
  if (at == null) throw new Error('record_milestone names no time that conflicts.')
  if (kind === 'milestone_order') return { kind, milestone: conflicting as Milestone, at }
  return { kind, caseId: conflicting, inRoomAt: at }
}

async function runUntilDone(
  writer: CaseWriter,
  clinicNo: number,
  statement: Sql,
  deadline: number,
): Promise<{ kind: 'ran'; row: RunningRow } | NotDone> {
  const change = async (pool: pg.Pool) => (await pool.query<RunningRow>(statement)).rows[0]
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const row = await changeOrBusy(writer, clinicNo, change, deadline)
    if (row === undefined) throw new Error('The change of a case returned no row.')
    if ('kind' in row) return row
    if (row.outcome !== 'retry') return { kind: 'ran', row }
  }
  return overloaded
}

/** The next cases that need something for which the extended case is expected to end too late, by start. */
async function casesAtRisk(pool: pg.Pool, clinicNo: number, caseId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select a.booking_id as id
      from holdfast.theatre_case o
      join holdfast.allocation f on f.clinic_no = o.clinic_no and f.booking_id = o.booking_id
      join holdfast.resource r on r.clinic_no = f.clinic_no and r.id = f.resource_id
     cross join lateral ${takenNear(sql`f`, sql`o`)} a
      join holdfast.theatre_case t on t.clinic_no = a.clinic_no and t.booking_id = a.booking_id
     where o.clinic_no = ${clinicNo} and o.booking_id = ${caseId} and a.unit_no = f.unit_no and ${isAtRisk}
     group by a.booking_id
     order by min(t.starts_at), a.booking_id`)
  return rows.map(({ id }) => id)
}
