import { type EquipmentUse, whenFree } from './equipment-uses.ts'

/** What decides how far a case is. Times are ISO 8601 texts. */
type Timed = {
  status: string
  milestones: readonly { milestone: string; at: string }[]
  startsAt: string
  endsAt: string
  expectedEndsAt: string
}

type Expected = Timed & { minutes: number }

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
  if (milestoneAt(one, 'in_room') !== undefined) return now > Date.parse(one.expectedEndsAt) ? 'overrunning' : 'running'
  if (one.status === 'PENDING') return 'held'
  if (one.status === 'NO_SHOW') return 'planned'
  const lateMs = now - Date.parse(one.startsAt)
  return lateMs > 0 && lateMs < lateMsMax ? 'late' : 'planned'
}

/**
 * When a case will have ended as far as can be seen now: when it is expected to, but a running one at the earliest now,
 * and a late one at the earliest after its full duration from now (`will_end` of the engine is the same rule). One that
 * is done ended when its patient left the room, perhaps before its planned start.
 *
 * @param now milliseconds since 1970, as the result
 */
export function foreseenEnd(one: Expected, now: number): number {
  const left = leftAt(one)
  if (left !== undefined) return left
  const expected = Date.parse(one.expectedEndsAt)
  if (startedAt(one) !== undefined) return Math.max(expected, now)
  if (caseState(one, now) === 'late') return Math.max(expected, now + one.minutes * 60_000)
  return expected
}

/**
 * Until when a case that is not done takes a thing, in milliseconds since 1970: at least as long as it has it, which is
 * no longer than until the next case begins.
 *
 * @param caseEnd when the case will have ended
 * @param reprocessingMs of equipment; undefined: as long as its allocation lasts after the expected end
 */
function takenUntil(
  { kind, to }: Pick<TakenThing, 'kind' | 'to'>,
  one: Taking,
  caseEnd: number,
  reprocessingMs?: number,
): number {
  const end = Date.parse(to)
  let afterMs = 0
  if (kind === 'room') afterMs = one.turnoverMinutes * 60_000
  else if (kind === 'equipment') afterMs = reprocessingMs ?? Math.max(0, end - Date.parse(one.expectedEndsAt))
  return Math.max(end, caseEnd + afterMs)
}

type TakenThing = { kind: string; resourceId: string; unit: number; from: string; to: string }

type Taking = Expected & {
  turnoverMinutes: number
  roomId: string
  surgeonId: string
  anaesthetistId: string | null
  staffIds: readonly string[]
  equipment: readonly { equipmentId: string; units: number }[]
  allocations: readonly TakenThing[]
}

type Planned = Taking & { id: string; projectedStartsAt: string | null }

/**
 * What a case takes, and when, as far as can be seen now, in milliseconds since 1970. Who and what was there when it
 * began before its planned start is taken from then on.
 *
 * @param now milliseconds since 1970
 */
export function takenTimes(
  one: Taking,
  now: number,
): { kind: string; resourceId: string; unit: number; from: number; to: number }[] {
  const [starts, began, left] = [Date.parse(one.startsAt), startedAt(one), leftAt(one)]
  return thingsOf(one).map((thing) => {
    const { kind, resourceId, unit } = thing
    let to = Date.parse(thing.to)
    if (!hasLeft(thing, one)) {
      to = left === undefined ? takenUntil(thing, one, foreseenEnd(one, now)) : Math.max(to, left)
    }
    const from = Date.parse(thing.from)
    return { kind, resourceId, unit, from: Math.min(from === starts ? (began ?? from) : from, from, to), to }
  })
}

/**
 * When a case is expected to begin and to end, in milliseconds since 1970. `waitsFor`: the id of a case that goes
 * before this one, and has a thing of this one until then.
 */
export type Projection = { startsAt: number; endsAt: number; waitsFor: string | null }

/** Until when earlier cases take a thing, and which takes it longest. */
type Release = { at: number; by: string }

/** Identical units, each of which is reprocessed after a case. */
type Equipment = { id: string; units: number; reprocessingMinutes: number }

/** What earlier cases take, by the ids of resources. */
type Taken = { releases: Map<string, Release>; uses: Map<string, EquipmentUse[]>; equipment: Map<string, Equipment> }

/**
 * Projects cases, by id: each begins when it is planned to, but not before the cases that go before it release its
 * room, people and patient, and enough units of its equipment are free, and then takes its minutes. So a delay passes
 * from case to case. The cases that have begun go before all others, whatever was planned; these follow as planned
 * (`turnOf`). What a reader does not see of others' cases is in `projectedStartsAt` of the server.
 *
 * @param cases all that can delay one of them
 * @param equipment all that they take; what is not in it delays nobody
 * @param now milliseconds since 1970
 */
export function projectCases(
  cases: readonly Planned[],
  equipment: readonly Equipment[],
  now: number,
): Map<string, Projection> {
  const inOrder = cases.map((one) => ({ one, turn: turnOf(one) })).sort((earlier, later) => earlier.turn - later.turn)
  const projections = new Map<string, Projection>()
  const taken: Taken = {
    releases: new Map(),
    uses: new Map(),
    equipment: new Map(equipment.map((one) => [one.id, one])),
  }
  let noted = 0
  for (const { one, turn } of inOrder) {
    for (; noted < inOrder.length; noted += 1) {
      const earlier = inOrder[noted]
      if (earlier === undefined || earlier.turn >= turn) break
      noteReleases(earlier.one, projections.get(earlier.one.id)?.endsAt ?? earlier.turn, taken, now)
    }
    const projection = projected(one, taken, now)
    projections.set(one.id, projection)
    // At once: of two cases at the same time, each needs other units.
    noteUses(one, projection, taken, now)
  }
  return projections
}

/**
 * What cases are sorted by, in milliseconds: their planned starts, with those that have begun before all that can still
 * begin. What has not begun 12 hours after its start is not going to.
 */
function turnOf(one: Timed): number {
  return Math.min(Date.parse(one.startsAt), ...begunAt(one).map((at) => at - lateMsMax))
}

function noteReleases(one: Planned, caseEnd: number, { releases }: Taken, now: number): void {
  for (const allocation of thingsOf(one)) {
    if (allocation.kind === 'equipment' || hasLeft(allocation, one)) continue
    const at = neededUntil(allocation, one, { caseEnd, now })
    if (at !== null && at > (releases.get(allocation.resourceId)?.at ?? 0)) {
      releases.set(allocation.resourceId, { at, by: one.id })
    }
  }
}

function noteUses(one: Planned, { startsAt, endsAt: caseEnd }: Projection, taken: Taken, now: number): void {
  const from = Math.min(startsAt, ...begunAt(one))
  for (const allocation of thingsOf(one)) {
    const kind = taken.equipment.get(allocation.resourceId)
    if (kind === undefined) continue
    // A unit that is no longer there is not in use, but a case that has not begun will need another one.
    if (allocation.unit > kind.units && !isAwaited(one, now)) continue
    const { reprocessingMinutes } = kind
    const to = neededUntil(allocation, one, { caseEnd, now, reprocessingMinutes })
    if (to === null) continue
    const uses = taken.uses.get(kind.id) ?? []
    taken.uses.set(kind.id, uses)
    const use = uses.find((other) => other.by === one.id && other.to === to)
    if (use === undefined) uses.push({ by: one.id, from, to, units: 1 })
    else use.units += 1
  }
}

/**
 * What a case takes. One that has begun takes also what is not among its allocations: those of a case which ends before
 * its planned start, and of who came to one that was late, are of no time. Which units of equipment they are is not
 * known then.
 */
function thingsOf(one: Taking): readonly TakenThing[] {
  if (begunAt(one).length === 0) return one.allocations
  const { roomId, surgeonId, anaesthetistId, staffIds, equipment, allocations, startsAt } = one
  const to = new Date(leftAt(one) ?? one.expectedEndsAt).toISOString()
  const from = Date.parse(to) <= Date.parse(startsAt) ? startsAt : to
  const unitsOf = (id: string) => allocations.filter(({ resourceId }) => resourceId === id).length
  const wanted = [
    { kind: 'room', resourceId: roomId, units: 1 },
    { kind: 'surgeon', resourceId: surgeonId, units: 1 },
    ...(anaesthetistId === null ? [] : [{ kind: 'anaesthetist', resourceId: anaesthetistId, units: 1 }]),
    ...staffIds.map((resourceId) => ({ kind: 'staff', resourceId, units: 1 })),
    ...equipment.map(({ equipmentId, units }) => ({ kind: 'equipment', resourceId: equipmentId, units })),
  ]
  const missing = wanted.flatMap(({ kind, resourceId, units }) =>
    Array.from({ length: units }, (_, index) => ({ kind, resourceId, unit: index + 1, from, to })).slice(
      unitsOf(resourceId),
    ),
  )
  return [...allocations, ...missing]
}

/** Until when a case needs an allocation; null: what was released before now delays nobody further. */
function neededUntil(
  { kind, to }: TakenThing,
  one: Planned,
  { caseEnd, now, reprocessingMinutes = 0 }: { caseEnd: number; now: number; reprocessingMinutes?: number },
): number | null {
  const left = leftAt(one)
  if (left !== undefined) {
    const at = releasedAt(kind, one, left, reprocessingMinutes)
    return at <= now ? null : at
  }
  const isDone = caseState(one, now) === 'done'
  const at = isDone
    ? Math.max(Date.parse(to), caseEnd)
    : takenUntil({ kind, to }, one, caseEnd, reprocessingMinutes * 60_000)
  return at < now || (isDone && at === now) ? null : at
}

/**
 * When a case whose patient left the room releases a thing, as `taken_until` of the engine: its allocation may end
 * before, where the next case begins.
 */
function releasedAt(kind: string, one: Planned, left: number, reprocessingMinutes: number): number {
  const cleaned = milestoneAt(one, 'cleaned')
  if (kind === 'room') return cleaned === undefined ? left + one.turnoverMinutes * 60_000 : Date.parse(cleaned)
  return kind === 'equipment' ? left + reprocessingMinutes * 60_000 : left
}

function projected(one: Planned, taken: Taken, now: number): Projection {
  const planned = Date.parse(one.startsAt)
  const ends = foreseenEnd(one, now)
  if (!isAwaited(one, now)) return { startsAt: startedAt(one) ?? Math.min(planned, ends), endsAt: ends, waitsFor: null }
  const known = one.projectedStartsAt === null ? planned : Date.parse(one.projectedStartsAt)
  let startsAt = caseState(one, now) === 'late' ? now : planned
  let waitsFor: string | null = null
  for (const allocation of one.allocations) {
    if (allocation.kind === 'equipment' || hasLeft(allocation, one)) continue
    const release = taken.releases.get(allocation.resourceId)
    if (release === undefined || release.at <= planned || release.at < startsAt) continue
    startsAt = release.at
    waitsFor = release.by
  }
  const start = withEquipment(one, { startsAt, waitsFor }, taken)
  startsAt = Math.max(start.startsAt, known)
  return { startsAt, endsAt: Math.max(ends, startsAt + one.minutes * 60_000), waitsFor: start.waitsFor }
}

/** When a case can begin that has all but its equipment at a time, and which case it waits for. */
function withEquipment(
  one: Planned,
  start: Pick<Projection, 'startsAt' | 'waitsFor'>,
  { uses, equipment }: Taken,
): Pick<Projection, 'startsAt' | 'waitsFor'> {
  const planned = Date.parse(one.startsAt)
  const pieces = one.allocations.filter(({ kind }) => kind === 'equipment')
  const needs = [...new Set(pieces.map(({ resourceId }) => resourceId))].flatMap((id) => {
    const kind = equipment.get(id)
    const ends = pieces.flatMap(({ resourceId, to }) => (resourceId === id ? Date.parse(to) : []))
    const lengthMs = Math.max(one.minutes * 60_000, ...ends.map((end) => end - planned))
    return kind === undefined ? [] : [{ kind, needed: ends.length, lengthMs }]
  })
  let { startsAt, waitsFor } = start
  const free = ({ kind, ...need }: (typeof needs)[number], from: number) =>
    whenFree(uses.get(kind.id) ?? [], kind.units, { ...need, from })
  // From its planned start on, so that a late case waits for one that should be over by now.
  for (const need of needs) {
    const { at, by } = free(need, planned)
    if (by === null || at < startsAt) continue
    startsAt = at
    waitsFor = by
  }
  for (let isFree = false; !isFree; ) {
    isFree = true
    for (const need of needs) {
      const { at, by } = free(need, startsAt)
      if (by === null) continue
      isFree = false
      startsAt = at
      waitsFor = by
    }
  }
  return { startsAt, waitsFor }
}

const awaitedStatuses: readonly string[] = ['PENDING', 'CONFIRMED', 'ARRIVED']

/** Whether a case is going to begin: it has not, and is not long past its time. */
function isAwaited(one: Timed, now: number): boolean {
  return awaitedStatuses.includes(one.status) && begunAt(one).length === 0 && now - Date.parse(one.startsAt) < lateMsMax
}

/** When what shows that a case has begun was recorded: not every hospital records that the patient is in the room. */
export function begunAt({ milestones }: Pick<Timed, 'milestones'>): number[] {
  return milestones.filter(({ milestone }) => milestone !== 'arrived').map(({ at }) => Date.parse(at))
}

/** When the patient came into the room; undefined: that is not recorded. */
function startedAt(one: Timed): number | undefined {
  const started = milestoneAt(one, 'in_room')
  return started === undefined ? undefined : Date.parse(started)
}

/** Whether an allocation is of somebody who was relieved: it ended then, however long the case takes. */
function hasLeft(
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
