import type { AllocationKind, Milestone } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import { allItems } from '../lists/pages-of.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Page } from '../model/page.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Allocation, Case, CaseLack } from '../model/theatre-case.ts'
import { isHold, isLapsedHold, isOfSurgeon, isOver, neededEnd } from './case-conditions.ts'
import { type FoundLack, lacks } from './case-lacks.ts'

const pageMax = 1_000
const cursorOfCases = cursorOf('cases', ['micros', 'id'])

type CaseRow = { found: FoundCase; atRiskBy: string | null; lacks: FoundLack[] | null }

/** A case as `cases_by_id` has it: its times are texts. */
export type FoundCase = Omit<
  Case,
  | 'holdExpiresAt'
  | 'startsAt'
  | 'endsAt'
  | 'expectedEndsAt'
  | 'createdAt'
  | 'updatedAt'
  | 'allocations'
  | 'milestones'
  | 'atRiskBy'
  | 'lacks'
> & {
  holdExpiresAt: string | null
  startsAt: string
  endsAt: string
  expectedEndsAt: string
  createdAt: string
  updatedAt: string
  allocations: [AllocationKind, string, number, string, string][]
  milestones: { milestone: Milestone; at: string }[]
}

const plan = (one: Sql) => sql`tstzrange(${one}.starts_at, ${one}.ends_at)`

/** Whether a case takes less of something than its plan, and no end is recorded: a mistaken one was undone. */
const isCut = (one: Sql, taken: Sql) => sql`
  (coalesce(upper(${taken}.during), ${taken}.planned_at) < ${neededEnd(one)} and not ${isOver(one)})`

/** Whether the patient of a case was taken to the room: not every hospital records that by itself. */
const isBegun = (one: Sql) => sql`
  exists (select from holdfast.case_milestone m
           where m.clinic_no = ${one}.clinic_no and m.booking_id = ${one}.booking_id and m.milestone <> 'arrived')`

/** When a case has begun; null: it has not. */
const begunAt = (one: Sql) => sql`
  (select min(m.at) from holdfast.case_milestone m
    where m.clinic_no = ${one}.clinic_no and m.booking_id = ${one}.booking_id and m.milestone <> 'arrived')`

/** Until when `o` will need the room, person or patient that it has by `f`. */
const neededUntil = sql`
  holdfast.taken_until(f.kind, o, 0)
  + case when ${isOver(sql`o`)} then interval '0' else holdfast.will_end(o, now()) - o.expected_ends_at end`

/**
 * Whether a case `o`, planned for no earlier than a case `t`, goes before it all the same: it has begun, and `t` can
 * still begin (case-state.ts of the contract has the same order and the same 12 hours; projected-cases.test.ts of the
 * server compares them).
 */
const hasOvertaken = sql`
  (o.starts_at >= t.starts_at and o.starts_at < t.starts_at + interval '1 day'
   and now() < t.starts_at + interval '12 hours' and ${begunAt(sql`o`)} < t.starts_at + interval '12 hours'
   and (holdfast.is_expected(t.clinic_no, t.booking_id) or ${isHold(sql`t`)}))`

/**
 * The allocations of what `taken` takes, of cases that begin within two days of `one`. A case takes at most a day, and
 * another with its extension. Allocations of no time at all are found by their planned start.
 */
export const takenNear = (taken: Sql, one: Sql) => sql`
  (select n.* from holdfast.allocation n
    where n.clinic_no = ${taken}.clinic_no and n.resource_id = ${taken}.resource_id
      and n.during && tstzrange(${one}.starts_at - interval '2 days', ${one}.starts_at + interval '2 days')
   union all
   select n.* from holdfast.allocation n
    where n.clinic_no = ${taken}.clinic_no and n.resource_id = ${taken}.resource_id and isempty(n.during)
      and n.planned_at > ${one}.starts_at - interval '2 days' and n.planned_at < ${one}.starts_at + interval '2 days')`

/** Whether `o` needs that for too long for a case `t`. What was released before now delays nobody. */
const isTooLong = sql`
  (${neededUntil} > greatest(t.starts_at, case when ${isOver(sql`o`)} then now() end) and ${neededUntil} >= now())`

/** Whether no unit of the equipment `r` is free for the plan of a case `t`. */
const hasNoFreeUnit = sql`
  (r.units <= (select count(distinct u.unit_no) from holdfast.allocation u
                where u.clinic_no = r.clinic_no and u.resource_id = r.id and u.unit_no <= r.units
                  and u.during && ${plan(sql`t`)}))`

/**
 * Whether a case `t`, which takes the unit of resource `r` by its allocation `a`, is at risk by a case `o`, which takes
 * that unit by `f`. `o` is planned earlier and needs it too long: because it will take longer than planned
 * (`will_end`), or because it had given it back. Or it has begun earlier, whatever was planned (`hasOvertaken`).
 * Equipment delays a case only if all its units are in use, which is for `projectCases` of the contract to find out.
 * Or one of them has what the other needs by its plan, and gave back by mistake, and no other unit is free. Somebody
 * who was relieved is not needed any longer. A case whose patient is out of the room delays others until the room is
 * cleaned, and one whose patient is in the room is not delayed. A room without its turnover is less than the plan, too;
 * equipment without its reprocessing is not, which may have been made longer since.
 */
export const isAtRisk = sql`
  (f.booking_id <> a.booking_id and not holdfast.has_left(f.kind, f.resource_id, o)
   and not holdfast.has_left(a.kind, a.resource_id, t)
   and (f.kind <> 'equipment'
        and (o.starts_at < t.starts_at and o.starts_at > t.starts_at - interval '2 days'
             and (holdfast.will_end(o, now()) > ${neededEnd(sql`o`)} or ${isOver(sql`o`)}
                  or coalesce(upper(f.during), o.starts_at)
                     < ${neededEnd(sql`o`)}
                       + make_interval(mins => case f.kind when 'room' then o.turnover_minutes else 0 end))
             or ${hasOvertaken})
        and ${isTooLong}
        or (a.during && ${plan(sql`o`)} and ${isCut(sql`o`, sql`f`)}
            or f.during && ${plan(sql`t`)} and ${isCut(sql`t`, sql`a`)})
           and (f.kind <> 'equipment' or ${hasNoFreeUnit}))
   and not ${isBegun(sql`t`)} and not ${isLapsedHold(sql`o`)})`

/** Whether `t` needs a unit that is no longer there, and no other is free for its plan; `f` has one of these. */
const isWithoutUnit = sql`
  (a.kind = 'equipment' and a.unit_no > r.units and f.unit_no <= r.units and f.booking_id <> a.booking_id
   and f.during && ${plan(sql`t`)} and ${isCut(sql`t`, sql`a`)} and not ${isBegun(sql`t`)} and ${hasNoFreeUnit})`

/** The first other case for which `t` is at risk. */
const atRiskBy = (surgeonId: string | null | undefined) => sql`
  (select o.booking_id
     from holdfast.allocation a
     join holdfast.resource r on r.clinic_no = a.clinic_no and r.id = a.resource_id
    cross join lateral ${takenNear(sql`a`, sql`t`)} f
     join holdfast.theatre_case o on o.clinic_no = f.clinic_no and o.booking_id = f.booking_id
    where a.clinic_no = t.clinic_no and a.booking_id = t.booking_id and ${isOfSurgeon(sql`o.surgeon_id`, surgeonId)}
      and (f.unit_no = a.unit_no and ${isAtRisk} or ${isWithoutUnit})
    order by o.starts_at limit 1)`

export function caseReads(pool: pg.Pool): Pick<Theatre, 'case' | 'cases' | 'casesPage'> {
  return {
    case: (caseId) => readCase(pool, caseId),
    cases: (query) => allItems((cursor) => readPage(pool, { ...query, limit: pageMax, cursor })),
    casesPage: (query) => readPage(pool, query),
  }
}

/**
 * Whether `t`, which was to begin before `from`, is not over by then: by its plan, because it is expected to end later,
 * or because its patient left the room later. Or its patient is in the room, or it is late, and it will not be over
 * (case-state.ts of the contract has the same 12 hours). The end of a case can be recorded until a day after it was
 * expected.
 */
const runsInto = (from: Date) => sql`
  (t.ends_at > ${from} or t.expected_ends_at > ${from} and not ${isOver(sql`t`)}
   or exists (select from holdfast.case_milestone m
               where m.clinic_no = t.clinic_no and m.booking_id = t.booking_id and m.milestone = 'out_of_room'
                 and m.at > ${from})
   or now() + (t.ends_at - t.starts_at) > ${from} and now() < t.expected_ends_at + interval '1 day'
      and not ${isOver(sql`t`)}
      and case when exists (select from holdfast.case_milestone m
                             where m.clinic_no = t.clinic_no and m.booking_id = t.booking_id
                               and m.milestone = 'in_room')
               then now() > ${from}
               else t.starts_at < now() and t.starts_at > now() - interval '12 hours' end)`

/** Whether `t` begins before `to`, by its plan or because it began before that, at most 12 hours. */
const beginsBefore = (to: Date) => sql`
  (t.starts_at < ${to}::timestamptz + interval '12 hours' and (t.starts_at < ${to} or ${begunAt(sql`t`)} < ${to}))`

/** Whether a read case belongs to a range from `from` on: after its plan, only if it takes place. */
function isPresent({ endsAt, expectedEndsAt, status }: Case, from: Date): boolean {
  return endsAt > from || expectedEndsAt > from || ['CONFIRMED', 'ARRIVED', 'COMPLETED'].includes(status)
}

/**
 * A case takes at most a day, is prolonged by at most another, and its end is recorded within a third: the index on
 * starts_at bounds the scan. Ended ones are left out of a page when read.
 */
async function readPage(
  pool: pg.Pool,
  { clinicNo, from, to, withEnded, withRisks = true, surgeonId, limit, cursor }: Parameters<Theatre['casesPage']>[0],
): Promise<Page<Case>> {
  const [micros, caseId] = cursor === null ? [] : cursorOfCases.decode(cursor)
  const isAfter =
    micros === undefined ? sql`true` : sql`(t.starts_at, t.booking_id) > (${timeOfMicros(micros)}, ${caseId}::uuid)`
  const ofCase = (risk: Sql) => {
    if (typeof withRisks !== 'object') return withRisks ? risk : sql`null`
    return sql`case when t.booking_id = ${withRisks.of}::uuid then ${risk} end`
  }
  const risks = sql`${ofCase(atRiskBy(surgeonId))} as "atRiskBy", ${ofCase(lacks(surgeonId))} as lacks`
  const { rows } = await pool.query<CaseRow & { micros: string }>(sql`
    with page as materialized (
      select t.*
        from holdfast.theatre_case t
       where t.clinic_no = ${clinicNo} and ${beginsBefore(to)}
         and t.starts_at > ${from}::timestamptz - interval '3 days' and (t.starts_at >= ${from} or ${runsInto(from)})
         and ${isAfter}
         and ${isOfSurgeon(sql`t.surgeon_id`, surgeonId)}
       order by t.starts_at, t.booking_id
       limit ${limit + 1}
    )
    select c.found, ${risks}, ${microsOf(sql`t.starts_at`)} as micros
      from page t
      join holdfast.cases_by_id(${clinicNo}::integer, array(select booking_id from page)) c
        on c.booking_id = t.booking_id
     order by t.starts_at, t.booking_id`)
  const page = pageOf(
    rows,
    limit,
    (row) => caseOf(row.found, row),
    ({ micros, found }) => cursorOfCases.encode(micros, found.id),
  )
  const isWanted = ({ status }: Case) => withEnded || (status !== 'FAILED' && status !== 'CANCELLED')
  return { ...page, items: page.items.filter((one) => isWanted(one) && isPresent(one, from)) }
}

export async function readCase(connection: pg.Pool | pg.PoolClient, caseId: string): Promise<Case | null> {
  if (!isId(caseId)) return null
  const statement = sql`
    select found from holdfast.cases_by_id(${clinicNoOf(caseId)}::integer, array[${caseId}::uuid])`
  const { rows } = await connection.query<Pick<CaseRow, 'found'>>(prepared('cases_by_id', statement))
  const [row] = rows
  return row === undefined ? null : caseOf(row.found)
}

/** Whether the booking with this id is a case, also an erased one. */
export async function isCase(pool: pg.Pool, id: string): Promise<boolean> {
  if (!isId(id)) return false
  const statement = sql`
    select exists (select from holdfast.theatre_case c
                    where c.clinic_no = ${clinicNoOf(id)}::integer and c.booking_id = ${id}::uuid) as found`
  const { rows } = await pool.query<{ found: boolean }>(prepared('is_case', statement))
  return rows[0]?.found === true
}

/** Reads a case by id. @throws Error if there is none: a write has just found it */
export async function requireCase(connection: pg.Pool | pg.PoolClient, caseId: string): Promise<Case> {
  const found = await readCase(connection, caseId)
  if (found === null) throw new Error(`Case ${caseId} is missing.`)
  return found
}

/** `listed`: what only lists have. */
export function caseOf(found: FoundCase, listed: Pick<CaseRow, 'atRiskBy' | 'lacks'> | null = null): Case {
  const { holdExpiresAt, allocations, milestones } = found
  return {
    ...found,
    holdExpiresAt: holdExpiresAt === null ? null : new Date(holdExpiresAt),
    startsAt: new Date(found.startsAt),
    endsAt: new Date(found.endsAt),
    expectedEndsAt: new Date(found.expectedEndsAt),
    createdAt: new Date(found.createdAt),
    updatedAt: new Date(found.updatedAt),
    allocations: allocations.map(allocationOf),
    milestones: milestones.map(({ milestone, at }) => ({ milestone, at: new Date(at) })),
    atRiskBy: listed?.atRiskBy ?? null,
    lacks: listed?.lacks?.map(lackOf) ?? null,
  }
}

function allocationOf([kind, resourceId, unit, from, to]: FoundCase['allocations'][number]): Allocation {
  return { kind, resourceId, unit, from: new Date(from), to: new Date(to) }
}

function lackOf({ from, to, ...lack }: FoundLack): CaseLack {
  return { ...lack, from: new Date(from), to: new Date(to) }
}
