import type { Case, Milestone } from '@holdfast/contract/client'
import { localDay } from '../../lib/local-time.ts'

/**
 * `late`: should have begun. `running`: the patient is in the room. `overrunning`: and should have left it. `done`: the
 * patient has left the room.
 */
export type CaseState = 'held' | 'planned' | 'late' | 'running' | 'overrunning' | 'done'

export const milestonesInOrder = [
  'arrived',
  'in_room',
  'anaesthesia_start',
  'incision',
  'closure',
  'out_of_room',
  'cleaned',
] as const satisfies Milestone[]

/** When a milestone was recorded; undefined if it was not. */
export function milestoneAt({ milestones }: Pick<Case, 'milestones'>, milestone: Milestone): string | undefined {
  return milestones.find((one) => one.milestone === milestone)?.at
}

/**
 * What the time of a milestone is near: the last one before it, else the planned start; or what is recorded of it, if
 * that is earlier: a case may begin many hours before its planned start.
 */
export function timeAround(one: Pick<Case, 'milestones' | 'startsAt'>, milestone: Milestone): string {
  const earlier = milestonesInOrder.slice(0, milestonesInOrder.indexOf(milestone))
  const before = earlier.map((each) => milestoneAt(one, each)).findLast((at) => at !== undefined) ?? one.startsAt
  const recorded = milestoneAt(one, milestone) ?? before
  return Date.parse(recorded) < Date.parse(before) ? recorded : before
}

const milestoneAheadMsMax = 5 * 60_000
const milestoneEarlyMsMax = 12 * 3_600_000

/** Whether the server accepts it (`milestone_time`). A time entered without its day is never a day too late. */
export function isMilestoneTime(at: string, { startsAt }: Pick<Case, 'startsAt'>, now: number): boolean {
  const atMs = Date.parse(at)
  return atMs <= now + milestoneAheadMsMax && atMs >= Date.parse(startsAt) - milestoneEarlyMsMax
}

type Timed = Pick<Case, 'status' | 'milestones' | 'startsAt' | 'endsAt'>

/** Later, nobody recorded its milestones: it is not going to begin. */
const lateMsMax = 12 * 3_600_000

/** @param now milliseconds since 1970 */
export function caseState(one: Timed, now: number): CaseState {
  if (one.status === 'COMPLETED' || milestoneAt(one, 'out_of_room') !== undefined) return 'done'
  if (milestoneAt(one, 'in_room') !== undefined) return now > Date.parse(one.endsAt) ? 'overrunning' : 'running'
  if (one.status === 'PENDING') return 'held'
  const lateMs = now - Date.parse(one.startsAt)
  return lateMs > 0 && lateMs < lateMsMax ? 'late' : 'planned'
}

/** Patients of the night's first case may arrive on the evening before. */
const eveMsMax = 6 * 3_600_000

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
  return milestones.length === 0 && isLaterDay && Date.parse(startsAt) - now > eveMsMax
}

/** Whether its time, room and length can still be changed: afterwards only its expected end. */
export function isMovable({ status, milestones }: Pick<Case, 'status' | 'milestones'>): boolean {
  return (status === 'PENDING' || status === 'CONFIRMED') && milestones.length === 0
}

type Expected = Timed & Pick<Case, 'expectedEndsAt' | 'minutes'>

/**
 * When a case will have ended as far as can be seen now: a running one not before now, and a late one not before its
 * minutes from now have passed. One that is done took its room until its patient left it, at least.
 */
export function foreseenEnd(one: Expected, now: number): number {
  const expected = Math.max(Date.parse(one.endsAt), Date.parse(one.expectedEndsAt))
  const state = caseState(one, now)
  const left = milestoneAt(one, 'out_of_room')
  if (left !== undefined) return Math.max(expected, Date.parse(left))
  if (state === 'running' || state === 'overrunning') return Math.max(expected, now)
  if (state === 'late') return Math.max(expected, now + one.minutes * 60_000)
  return expected
}

type Risky = Expected & Pick<Case, 'id' | 'atRiskBy' | 'allocations'>

/**
 * The cases that an earlier one will keep waiting, by id: the server knows which are expected to take longer, and the
 * clock which are late or have not ended. They share a room, a person, also the patient, or a piece of equipment.
 */
export function casesAtRisk<One extends Risky>(cases: readonly One[], now: number): Map<string, string> {
  const atRisk = new Map<string, string>()
  for (const { id, atRiskBy } of cases) if (atRiskBy !== null) atRisk.set(id, atRiskBy)
  const delayed = cases.filter(
    (one) => foreseenEnd(one, now) > Date.parse(one.endsAt) && caseState(one, now) !== 'done',
  )
  for (const one of delayed) {
    const delayMs = foreseenEnd(one, now) - Date.parse(one.endsAt)
    for (const other of cases) {
      if (other.id === one.id || atRisk.has(other.id) || milestoneAt(other, 'in_room') !== undefined) continue
      if (caseState(other, now) !== 'done' && isDelayedBy(other, one, delayMs)) atRisk.set(other.id, one.id)
    }
  }
  return atRisk
}

/** Whether something that `other` takes later is not free in time: what `one` takes, it takes so much longer. */
function isDelayedBy(other: Risky, one: Risky, delayMs: number): boolean {
  return other.allocations.some(({ resourceId, unit, from }) =>
    one.allocations.some(
      (taken) =>
        taken.resourceId === resourceId &&
        taken.unit === unit &&
        Date.parse(taken.from) < Date.parse(from) &&
        plannedEnd(taken.to, one) + delayMs > Date.parse(from),
    ),
  )
}

/** An allocation of a case that was extended already includes that, where there was room for it. */
function plannedEnd(to: string, one: Risky): number {
  const longerMs = Math.max(0, Date.parse(one.expectedEndsAt) - Date.parse(one.endsAt))
  return Math.max(Date.parse(one.endsAt), Date.parse(to) - longerMs)
}
