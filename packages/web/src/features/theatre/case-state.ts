import { caseState, milestoneAt, type Projection } from '@holdfast/contract/case-state'
import type { Case, Milestone } from '@holdfast/contract/client'
import { localDay, milestones } from '@holdfast/vocabulary'
import { localTime, nearestInstant } from '../../lib/time/local-time.ts'

/**
 * What the time of a milestone is near: the last one before it, else the planned start; or what is recorded of it, if
 * that is earlier: a case may begin many hours before its planned start.
 */
export function timeAround(one: Pick<Case, 'milestones' | 'startsAt'>, milestone: Milestone): string {
  const earlier = milestones.slice(0, milestones.indexOf(milestone))
  const before = earlier.map((each) => milestoneAt(one, each)).findLast((at) => at !== undefined) ?? one.startsAt
  const recorded = milestoneAt(one, milestone) ?? before
  return Date.parse(recorded) < Date.parse(before) ? recorded : before
}

const milestoneAheadMsMax = 5 * 60_000
const milestoneEarlyMsMax = 12 * 3_600_000
const dayMs = 24 * 3_600_000

/** How early a case's first milestone may be: patients of the night's first case arrive on the evening before. */
const earlyMsMax = 6 * 3_600_000

type Timed = Pick<Case, 'milestones' | 'startsAt' | 'endsAt' | 'expectedEndsAt'>

/** Whether the server accepts it (`milestone_time`; record_milestone.sql has the rule). */
export function isMilestoneTime(
  at: string,
  { startsAt, endsAt, expectedEndsAt }: Omit<Timed, 'milestones'>,
  now: number,
) {
  const atMs = Date.parse(at)
  const latest = Math.max(Date.parse(endsAt), Date.parse(expectedEndsAt)) + dayMs
  return atMs <= Math.min(now + milestoneAheadMsMax, latest) && atMs >= Date.parse(startsAt) - milestoneEarlyMsMax
}

/**
 * The time of a milestone that was entered without its day. The time that the form was opened with is sent as it is.
 * Another is the nearest to what it belongs to, now, and what is between: a case may be brought forward by many hours,
 * over midnight. On the next day, the first milestone may be up to {@link earlyMsMax} before what it belongs to. Null:
 * the server would not accept it.
 */
export function enteredMilestone(
  one: Timed,
  milestone: Milestone,
  { time, timeZone, now, openedAt }: EnteredTime & { openedAt: number },
): string | null {
  const recorded = milestoneAt(one, milestone)
  const prefilled = recorded ?? new Date(openedAt).toISOString()
  const at =
    time === localTime(prefilled, timeZone) ? prefilled : nearestMilestone(one, milestone, { time, timeZone, now })
  return at === recorded || isMilestoneTime(at, one, now) ? at : null
}

function nearestMilestone(one: Timed, milestone: Milestone, { time, timeZone, now }: EnteredTime): string {
  const around = Date.parse(timeAround(one, milestone))
  // None is before an earlier milestone.
  const mayBeBefore = !hasEarlier(one, milestone) && now - around > dayMs - earlyMsMax
  const from = mayBeBefore
    ? Math.max(around - earlyMsMax, Date.parse(one.startsAt) - milestoneEarlyMsMax)
    : Math.min(around, now)
  return nearestInstant({ from, to: Math.max(from, around, now) }, time, timeZone)
}

/** Whether an earlier milestone of the case is recorded. */
function hasEarlier({ milestones: recorded }: Pick<Case, 'milestones'>, milestone: Milestone): boolean {
  return recorded.some((each) => milestones.indexOf(each.milestone) < milestones.indexOf(milestone))
}

/** A local time `HH:MM`, and the time now. */
type EnteredTime = { time: string; timeZone: string; now: number }

/** The beginning of the present minute: before it, a running case cannot be said to end. */
export const minuteOf = (now: number): number => Math.floor(now / 60_000) * 60_000

/** The time `HH:MM` at which a running case is expected to end: now, if it should have ended. */
export function expectedEndTime({ expectedEndsAt }: Pick<Case, 'expectedEndsAt'>, timeZone: string, now: number) {
  return localTime(Math.max(Date.parse(expectedEndsAt), minuteOf(now)), timeZone)
}

/**
 * When a running case is expected to end, by a time without its day: at the end that it has, if the time is the same;
 * else at the nearest such time to now, that end, and what is between. Null: that is past, and the server would not
 * accept it.
 */
export function enteredEnd(
  { expectedEndsAt }: Pick<Case, 'expectedEndsAt'>,
  { time, timeZone, now }: EnteredTime,
): string | null {
  if (time === localTime(expectedEndsAt, timeZone)) return expectedEndsAt
  const earliest = minuteOf(now)
  const to = Math.max(Date.parse(expectedEndsAt), earliest)
  const at = nearestInstant({ from: earliest, to }, time, timeZone)
  return Date.parse(at) >= earliest ? at : null
}

/**
 * Whether it is too early for a case's first milestone: its day has not come. One that was recorded anyway can be
 * changed, and the next ones recorded.
 */
export function isFarAhead(
  { milestones, startsAt }: Pick<Case, 'milestones' | 'startsAt'>,
  now: number,
  timeZone: string,
): boolean {
  const isLaterDay = localDay(startsAt, timeZone) > localDay(now, timeZone)
  return milestones.length === 0 && isLaterDay && Date.parse(startsAt) - now > earlyMsMax
}

/** Whether it can be moved, swapped and cancelled: until its patient is in the room. Later, its end and team change. */
export function isMovable({ status, milestones }: Pick<Case, 'status' | 'milestones'>): boolean {
  const isLive = status === 'PENDING' || status === 'CONFIRMED' || status === 'ARRIVED'
  return isLive && milestones.every(({ milestone }) => milestone === 'arrived')
}

/**
 * The cases that another one will keep waiting, by id, and which: by the projection, which follows the clock, that
 * which does it longest; else the server's, which knows of cases that the reader does not see, and of what was given
 * back by mistake.
 */
export function casesAtRisk(
  cases: readonly Pick<Case, 'id' | 'atRiskBy'>[],
  projections: ReadonlyMap<string, Projection>,
): Map<string, string> {
  const atRisk = new Map<string, string>()
  for (const { id, atRiskBy } of cases) {
    const cause = projections.get(id)?.waitsFor ?? atRiskBy
    if (cause !== null) atRisk.set(id, cause)
  }
  return atRisk
}

/** When a case is expected instead of its planned time, in milliseconds since 1970; null: as planned, or it is done. */
export function delayed(
  one: Pick<Case, 'status' | 'milestones' | 'startsAt' | 'endsAt' | 'expectedEndsAt'>,
  projection: Projection | undefined,
  now: number,
): { from: number; to: number } | null {
  const takesPlace = one.status !== 'CANCELLED' && one.status !== 'FAILED' && caseState(one, now) !== 'done'
  if (projection === undefined || !takesPlace || projection.endsAt === Date.parse(one.endsAt)) return null
  return { from: projection.startsAt, to: projection.endsAt }
}
