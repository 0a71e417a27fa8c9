/** What decides how far a case is. Times are ISO 8601 texts. */
type Timed = {
  status: string
  milestones: readonly { milestone: string; at: string }[]
  startsAt: string
  endsAt: string
}

type Expected = Timed & { expectedEndsAt: string; minutes: number }

/**
 * `late`: should have begun. `running`: the patient is in the room. `overrunning`: and should have left it. `done`: the
 * patient has left the room.
 */
export type CaseState = 'held' | 'planned' | 'late' | 'running' | 'overrunning' | 'done'

/** Later, nobody recorded its milestones: it is not going to begin. */
const lateMsMax = 12 * 3_600_000

/** When a milestone was recorded; undefined if it was not. */
export function milestoneAt<Milestone extends string>(
  { milestones }: { milestones: readonly { milestone: Milestone; at: string }[] },
  milestone: NoInfer<Milestone>,
): string | undefined {
  return milestones.find((one) => one.milestone === milestone)?.at
}

/** @param now milliseconds since 1970 */
export function caseState(one: Timed, now: number): CaseState {
  if (one.status === 'COMPLETED' || milestoneAt(one, 'out_of_room') !== undefined) return 'done'
  if (milestoneAt(one, 'in_room') !== undefined) return now > Date.parse(one.endsAt) ? 'overrunning' : 'running'
  if (one.status === 'PENDING') return 'held'
  if (one.status === 'NO_SHOW') return 'planned'
  const lateMs = now - Date.parse(one.startsAt)
  return lateMs > 0 && lateMs < lateMsMax ? 'late' : 'planned'
}

/**
 * When a case will have ended as far as can be seen now: a running one not before now and not before its minutes have
 * passed since its patient came into the room, and a late one not before they have passed from now on (`will_end` of
 * the engine is the same rule). One that is done ended when its patient left the room; one that was over before its
 * planned start stays at its planned time.
 *
 * @param now milliseconds since 1970, as the result
 */
export function foreseenEnd(one: Expected, now: number): number {
  const expected = Math.max(Date.parse(one.endsAt), Date.parse(one.expectedEndsAt))
  const state = caseState(one, now)
  const left = leftAt(one)
  if (left !== undefined) return left > Date.parse(one.startsAt) ? left : expected
  const begun = milestoneAt(one, 'in_room')
  if (begun !== undefined) return Math.max(expected, Date.parse(begun) + one.minutes * 60_000, now)
  if (state === 'late') return Math.max(expected, now + one.minutes * 60_000)
  return expected
}

/**
 * Until when a case takes what it has allocated, with turnover or reprocessing: as much longer as the case does. What
 * one that is done takes was computed when that was recorded, and is less only where another case needed it.
 *
 * @param to the end of the allocation
 * @param now milliseconds since 1970, as the result
 */
export function takenUntil(to: string, one: Expected, now: number): number {
  const [end, endsAt] = [Date.parse(to), Date.parse(one.endsAt)]
  const left = leftAt(one)
  if (left !== undefined) return Math.max(end, left)
  // The allocation of a case that was extended already includes that, where there was room for it.
  const longerMs = Math.max(0, Date.parse(one.expectedEndsAt) - endsAt)
  const plannedEnd = Math.max(endsAt, end - longerMs)
  return Math.max(end, plannedEnd + foreseenEnd(one, now) - endsAt)
}

/** When the patient left the room, at the latest; undefined: that is not recorded. */
function leftAt(one: Timed): number | undefined {
  const left = milestoneAt(one, 'out_of_room') ?? milestoneAt(one, 'cleaned')
  return left === undefined ? undefined : Date.parse(left)
}
