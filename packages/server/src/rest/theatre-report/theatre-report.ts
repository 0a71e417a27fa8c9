import type { TheatreReportBody } from '@holdfast/contract'
import type { Block, Case } from '@holdfast/engine'
import { localDay, serviceKey } from '@holdfast/vocabulary'
import { dayStart, performedCases } from './performed-case.ts'
import { type FiguresQuery, theatreFigures } from './theatre-figures.ts'

export type TheatreReportQuery = {
  /** Local days, `YYYY-MM-DD`, both included. */
  from: string
  to: string
  timezone: string
  graceMinutes: number
  turnoverMinutesMax: number
  releaseDays: number
  now: Date
  /** The cases of these days, in any state: see dayStart. */
  cases: readonly Case[]
  /** Those of the cases that were confirmed: see isEnded. */
  confirmedIds: ReadonlySet<string>
  blocks: readonly Block[]
  /** The names of rooms and surgeons. */
  names: ReadonlyMap<string, string>
}

type Part = Pick<FiguresQuery, 'performed' | 'cancelled' | 'blocks'>

/** Numbers in names by value, as natural_order.sql does; letters as in English, whatever the database's collation. */
const { compare: byName } = new Intl.Collator('en', { numeric: true })

const liveStatuses = new Set<Case['status']>(['CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW'])

/**
 * The figures of all cases and blocks of some days, and of those of each room, service, surgeon and day. The blocks of
 * a service or surgeon are those that they own; a first case, a turnover and overtime belong to the case in question.
 */
export function theatreReport(query: TheatreReportQuery): TheatreReportBody {
  const { from, to, graceMinutes, turnoverMinutesMax, releaseDays, now, blocks, timezone } = query
  const live = query.cases.filter(({ status }) => liveStatuses.has(status))
  const all: Part = {
    performed: performedCases({ cases: live, blocks, timezone, turnoverMinutesMax }),
    cancelled: query.cases.filter((one) => isEnded(one) && query.confirmedIds.has(one.id)),
    blocks,
  }
  const blocksById = new Map(blocks.map((block) => [block.id, block]))
  const casesOfBlocks = Map.groupBy(live, ({ blockId }) => blockId ?? '')
  const figures = (part: Part) => theatreFigures({ ...part, casesOfBlocks, graceMinutes, releaseDays, now })
  const nameOf = (id: string) => query.names.get(id) ?? id
  const spellings = [...query.cases, ...blocks]
    .flatMap(({ service }) => service ?? [])
    .sort()
    .reverse()
  const spellingByKey = new Map(spellings.map((service) => [serviceKey(service), service]))
  const spellingOf = (service: string) => spellingByKey.get(serviceKey(service)) ?? service
  const groups = (keyOf: Keys, name: (key: string) => string) =>
    split(all, keyOf)
      .map(([key, part]) => ({ key, name: name(key), figures: figures(part) }))
      .sort((one, other) => byName(one.name, other.name) || (one.key < other.key ? -1 : 1))
  return {
    from,
    to,
    graceMinutes,
    turnoverMinutesMax,
    releaseDays,
    total: figures(all),
    byRoom: groups({ ofCase: (one) => one.roomId, ofBlock: (one) => one.roomId }, nameOf),
    byService: groups(
      { ofCase: (one) => spellingOf(one.service), ofBlock: (one) => one.service && spellingOf(one.service) },
      (service) => service,
    ),
    bySurgeon: groups({ ofCase: (one) => one.surgeonId, ofBlock: (one) => one.surgeonId }, nameOf),
    byDay: groups(
      {
        ofCase: (one) => localDay(dayStart(one, blocksById), timezone),
        ofBlock: (one) => localDay(one.from, timezone),
      },
      (day) => day,
    ),
  }
}

/**
 * Whether a case was cancelled, if it was confirmed: a hold that was released, bumped or lost its block was never
 * planned.
 */
export function isEnded({ status, failureReason }: Case): boolean {
  if (status === 'CANCELLED') return failureReason !== 'hold_released'
  return status === 'FAILED' && failureReason === 'slot_withdrawn'
}

type Keys = { ofCase(one: Case): string; ofBlock(one: Block): string | null }

function split({ performed, cancelled, blocks }: Part, { ofCase, ofBlock }: Keys): [string, Part][] {
  const performedBy = Map.groupBy(performed, ({ plan }) => ofCase(plan))
  const cancelledBy = Map.groupBy(cancelled, ofCase)
  const blocksBy = Map.groupBy(
    blocks.filter((block) => ofBlock(block) !== null),
    (block) => ofBlock(block) ?? '',
  )
  const keys = new Set([...performedBy.keys(), ...cancelledBy.keys(), ...blocksBy.keys()])
  return [...keys].map((key) => [
    key,
    {
      performed: performedBy.get(key) ?? [],
      cancelled: cancelledBy.get(key) ?? [],
      blocks: blocksBy.get(key) ?? [],
    },
  ])
}
