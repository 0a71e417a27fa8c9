import type { Block, Case } from '@holdfast/engine'
import { localDay } from '@holdfast/vocabulary'

/** A case as the report counts it. Instants in milliseconds. */
export type PerformedCase = {
  plan: Case
  /** Its local day: see {@link dayStart}. */
  day: string
  /** When the patient was in the room; null: at least one of the two milestones is missing. */
  inRoom: { from: number; to: number } | null
  /**
   * The first case of its room’s day, but for emergencies, and how much later than planned it began; null: another one,
   * or not known.
   */
  firstDelayMs: number | null
  /** The turnover before it: from the case before it in its room and day; null: the first one, or a longer gap. */
  turnover: { from: number; to: number } | null
  /** The time in the room after the end of the last block of its room’s day; 0 on a day without blocks. */
  overtimeMs: number
}

export type PerformedQuery = {
  cases: readonly Case[]
  blocks: readonly Block[]
  timezone: string
  turnoverMinutesMax: number
}

const minuteMs = 60_000

/** When the day of a case is: a case in a block is of the day on which the block begins, also behind midnight. */
export function dayStart({ blockId, startsAt }: Case, blocksById: ReadonlyMap<string, Block>): Date {
  return blocksById.get(blockId ?? '')?.from ?? startsAt
}

/**
 * Cases with what follows from their milestones and from the other cases of their room’s local day: see
 * {@link dayStart}. Pass neither holds nor cases that were cancelled or have failed.
 */
export function performedCases({ cases, blocks, timezone, turnoverMinutesMax }: PerformedQuery): PerformedCase[] {
  const lastEnds = new Map<string, number>()
  for (const { roomId, from, to } of blocks) {
    const key = `${roomId} ${localDay(from, timezone)}`
    lastEnds.set(key, Math.max(lastEnds.get(key) ?? 0, to.getTime()))
  }
  const blocksById = new Map(blocks.map((block) => [block.id, block]))
  const dayOf = (one: Case) => localDay(dayStart(one, blocksById), timezone)
  const byRoomDay = Map.groupBy(cases, (one) => `${one.roomId} ${dayOf(one)}`)
  return [...byRoomDay].flatMap(([key, ofRoomDay]) => {
    const lastEnd = lastEnds.get(key) ?? Number.POSITIVE_INFINITY
    const inOrder = ofRoomDay.toSorted(
      (one, other) => one.startsAt.getTime() - other.startsAt.getTime() || (one.id < other.id ? -1 : 1),
    )
    const first = inOrder.find(({ urgency }) => urgency !== 'immediate' && urgency !== 'urgent')
    const performed = inOrder.map((plan) => withoutNeighbours(plan, plan === first, lastEnd, dayOf(plan)))
    addTurnovers(performed, turnoverMinutesMax * minuteMs)
    return performed
  })
}

function withoutNeighbours(plan: Case, isFirst: boolean, lastEnd: number, day: string): PerformedCase {
  const [entered, left] = [timeOf(plan, 'in_room'), timeOf(plan, 'out_of_room')]
  const inRoom = entered === null || left === null ? null : { from: entered, to: left }
  return {
    plan,
    day,
    inRoom,
    firstDelayMs: isFirst && entered !== null ? Math.max(0, entered - plan.startsAt.getTime()) : null,
    turnover: null,
    overtimeMs: inRoom === null ? 0 : Math.max(0, inRoom.to - Math.max(inRoom.from, lastEnd)),
  }
}

/** Cases follow each other as they took place, which may be in another order than planned. */
function addTurnovers(performed: readonly PerformedCase[], turnoverMsMax: number): void {
  const timed = performed
    .flatMap((one) => (one.inRoom === null ? [] : [{ one, inRoom: one.inRoom }]))
    .sort((a, b) => a.inRoom.from - b.inRoom.from)
  for (const [index, { one, inRoom }] of timed.entries()) {
    const before = timed[index - 1]
    if (before === undefined) continue
    const gap = inRoom.from - before.inRoom.to
    if (gap >= 0 && gap <= turnoverMsMax) one.turnover = { from: before.inRoom.to, to: inRoom.from }
  }
}

function timeOf({ milestones }: Case, name: Case['milestones'][number]['milestone']): number | null {
  return milestones.find(({ milestone }) => milestone === name)?.at.getTime() ?? null
}
