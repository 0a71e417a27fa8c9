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
 * the engine is the same rule). One that is done ended when its patient left the room, perhaps before its planned
 * start.
 *
 * @param now milliseconds since 1970, as the result
 */
export function foreseenEnd(one: Expected, now: number): number {
  const expected = Math.max(Date.parse(one.endsAt), Date.parse(one.expectedEndsAt))
  const state = caseState(one, now)
  const left = leftAt(one)
  if (left !== undefined) return left
  const begun = startedAt(one)
  if (begun !== undefined) return Math.max(expected, begun + one.minutes * 60_000, now)
  if (state === 'late') return Math.max(expected, now + one.minutes * 60_000)
  return expected
}

/**
 * Until when a case takes what it has allocated, with turnover or reprocessing: as much longer as the case does. What
 * one that is done takes was computed when that was recorded, and is less only where another case needed it.
 *
 * @param to the end of the allocation
 * @param now milliseconds since 1970, as the result
 * @param caseEnd when the case will have ended
 */
export function takenUntil(to: string, one: Expected, now: number, caseEnd = foreseenEnd(one, now)): number {
  const [end, endsAt] = [Date.parse(to), Date.parse(one.endsAt)]
  const left = leftAt(one)
  if (left !== undefined) return Math.max(end, left)
  // The allocation of a case that was extended already includes that, where there was room for it.
  const longerMs = Math.max(0, Date.parse(one.expectedEndsAt) - endsAt)
  const plannedEnd = Math.max(endsAt, end - longerMs)
  return Math.max(end, plannedEnd + caseEnd - endsAt)
}

type Planned = Expected & {
  id: string
  projectedStartsAt: string | null
  turnoverMinutes: number
  anaesthetistId: string | null
  staffIds: readonly string[]
  allocations: readonly { kind: string; resourceId: string; unit: number; to: string }[]
}

/**
 * When a case is expected to begin and to end, in milliseconds since 1970. `waitsFor`: the id of a case that goes
 * before this one, and has a thing of this one until then.
 */
export type Projection = { startsAt: number; endsAt: number; waitsFor: string | null }

/** Until when earlier cases take a thing, and which takes it longest. */
type Release = { at: number; by: string }

/**
 * Projects cases, by id: each begins when it is planned to, but not before the cases that go before it release its
 * room, people, patient and equipment, and then takes its minutes. So a delay passes from case to case. The cases that
 * have begun go before all others, whatever was planned; these follow as planned (`turnOf`). What a reader does not see
 * of others' cases is in `projectedStartsAt` of the server.
 *
 * @param cases all that can delay one of them
 * @param now milliseconds since 1970
 */
export function projectCases(cases: readonly Planned[], now: number): Map<string, Projection> {
  const inOrder = cases.map((one) => ({ one, turn: turnOf(one) })).sort((earlier, later) => earlier.turn - later.turn)
  const projections = new Map<string, Projection>()
  const releases = new Map<string, Release>()
  let noted = 0
  for (const { one, turn } of inOrder) {
    for (; noted < inOrder.length; noted += 1) {
      const earlier = inOrder[noted]
      if (earlier === undefined || earlier.turn >= turn) break
      noteReleases(earlier.one, projections.get(earlier.one.id)?.endsAt ?? earlier.turn, releases, now)
    }
    projections.set(one.id, projected(one, releases, now))
  }
  return projections
}

/**
 * What cases are sorted by, in milliseconds: their planned starts, with those that have begun before all that can still
 * begin. What has not begun 12 hours after its start is not going to.
 */
function turnOf(one: Timed): number {
  const begun = one.milestones.filter(({ milestone }) => milestone !== 'arrived').map(({ at }) => Date.parse(at))
  return Math.min(Date.parse(one.startsAt), ...begun.map((at) => at - lateMsMax))
}

function noteReleases(one: Planned, caseEnd: number, releases: Map<string, Release>, now: number): void {
  const isDone = caseState(one, now) === 'done'
  for (const allocation of one.allocations) {
    if (hasLeft(allocation, one)) continue
    const { kind, resourceId, unit, to } = allocation
    // The allocation of a case that was extended may end without its turnover, where the next one begins.
    const cleaned = kind === 'room' && !isDone ? caseEnd + one.turnoverMinutes * 60_000 : 0
    const earlyMs = isDone ? 0 : Math.max(0, Date.parse(one.endsAt) - caseEnd)
    const taken = earlyMs > 0 ? Date.parse(to) - earlyMs : takenUntil(to, one, now, caseEnd)
    const at = Math.max(taken, cleaned)
    // What is released already delays nobody further.
    if (isDone && at <= now) continue
    const key = `${resourceId} ${unit}`
    if (at > (releases.get(key)?.at ?? 0)) releases.set(key, { at, by: one.id })
  }
}

function projected(one: Planned, releases: ReadonlyMap<string, Release>, now: number): Projection {
  const planned = Date.parse(one.startsAt)
  const ends = projectedEnd(one, now)
  if (!isAwaited(one, now)) return { startsAt: startedAt(one) ?? Math.min(planned, ends), endsAt: ends, waitsFor: null }
  const known = one.projectedStartsAt === null ? planned : Date.parse(one.projectedStartsAt)
  let startsAt = caseState(one, now) === 'late' ? now : planned
  let waitsFor: string | null = null
  for (const taken of one.allocations) {
    if (hasLeft(taken, one)) continue
    const release = releases.get(`${taken.resourceId} ${taken.unit}`)
    if (release === undefined || release.at <= planned || release.at < startsAt) continue
    startsAt = release.at
    waitsFor = release.by
  }
  startsAt = Math.max(startsAt, known)
  return { startsAt, endsAt: Math.max(ends, startsAt + one.minutes * 60_000), waitsFor }
}

/** As `foreseenEnd`, but a case that began early, and was not extended, takes its minutes from then on. */
function projectedEnd(one: Expected, now: number): number {
  const [begun, left] = [startedAt(one), leftAt(one)]
  const isExtended = Date.parse(one.expectedEndsAt) > Date.parse(one.endsAt)
  if (begun === undefined || left !== undefined || isExtended || caseState(one, now) === 'done')
    return foreseenEnd(one, now)
  return Math.max(begun + one.minutes * 60_000, now)
}

const awaitedStatuses: readonly string[] = ['PENDING', 'CONFIRMED', 'ARRIVED']

/** Whether a case is going to begin: it has not, and is not long past its time. */
function isAwaited(one: Timed, now: number): boolean {
  const isBegun = one.milestones.some(({ milestone }) => milestone !== 'arrived')
  return awaitedStatuses.includes(one.status) && !isBegun && now - Date.parse(one.startsAt) < lateMsMax
}

/** When the patient came into the room; undefined: that is not recorded. */
function startedAt(one: Timed): number | undefined {
  const started = milestoneAt(one, 'in_room')
  return started === undefined ? undefined : Date.parse(started)
}

/** Whether an allocation is of somebody who was relieved: it ended then, however long the case takes. */
export function hasLeft(
  { kind, resourceId }: { kind: string; resourceId: string },
  { anaesthetistId, staffIds }: { anaesthetistId: string | null; staffIds: readonly string[] },
): boolean {
  return (
    (kind === 'anaesthetist' || kind === 'staff') && resourceId !== anaesthetistId && !staffIds.includes(resourceId)
  )
}

/** When the patient left the room, at the latest; undefined: that is not recorded. */
function leftAt(one: Timed): number | undefined {
  const left = milestoneAt(one, 'out_of_room') ?? milestoneAt(one, 'cleaned')
  return left === undefined ? undefined : Date.parse(left)
}
