import type { TheatreFiguresBody } from '@holdfast/contract'
import type { Block, Case } from '@holdfast/engine'
import { serviceKey } from '@holdfast/vocabulary'
import type { PerformedCase } from './performed-case.ts'

export type FiguresQuery = {
  performed: readonly PerformedCase[]
  /** Confirmed cases that did not take place: CANCELLED, or FAILED because their block was withdrawn. */
  cancelled: readonly Case[]
  blocks: readonly Block[]
  /** All cases of these blocks, with any owner: they show whether an owner has used a block. */
  casesOfBlocks: ReadonlyMap<string, readonly Case[]>
  graceMinutes: number
  releaseDays: number
  now: Date
}

const minuteMs = 60_000
const dayMs = 86_400_000
/** The most that milestones are ahead that are not recorded to try out a plan: see record_milestone.sql. */
const aheadMsMax = 5 * minuteMs

/**
 * The figures of some cases and blocks. Times are those of the milestones in_room and out_of_room.
 *
 * - Raw utilisation: the share of block time during which patients are in the room; of a service or surgeon, their own
 *   patients in their own blocks. Time outside of blocks does not count. Source: Procedural Times Glossary of the
 *   Association of Anesthesia Clinical Directors (AACD), “raw utilization”.
 * - Adjusted utilisation: the same with turnovers, each credited to the case after it. Sources: AACD glossary,
 *   “adjusted percent service utilization”; Abouleish et al., Anesth Analg 2003;96:813–8, for the credit.
 * - Block time: the minutes of the blocks that are over, which may be fewer than from their start to their end.
 * - Turnover time: from the prior patient out of the room to the succeeding patient in the room (AACD glossary,
 *   “turnover time”), of cases that follow each other in a room on a day. A gap beyond a limit is idle time.
 * - First-case on-time start: the first case of a room’s day that is no emergency (urgent or immediate) has its patient
 *   in the room by its planned start, with some minutes of grace. Our definition: the grace differs between hospitals.
 * - Overtime: how long patients are in the room after the end of the room’s last block of the day. Source: Strum,
 *   Vargas, May and Bashein, “Surgical Suite Utilization and Capacity Planning: A Minimal Cost Analysis Model”, J Med
 *   Syst 1997, “overutilization”; here after the block alone, and without the turnovers.
 * - Estimate error: actual minus planned duration. Our definition: the median shows a bias, the mean of its absolute
 *   value errors that cancel out.
 * - Cancellation rate: cases that were confirmed and did not take place, of all that were confirmed. Our definition:
 *   studies count from different moments, such as the final plan of the day before.
 * - Release compliance: of owned blocks that are over and had no case of their owner, the share that was opened to
 *   everybody the given number of days before. Our definition: release policies differ between hospitals.
 */
export function theatreFigures(query: FiguresQuery): TheatreFiguresBody {
  const { performed, cancelled, graceMinutes } = query
  const timed = performed.filter(({ inRoom }) => inRoom !== null)
  const delays = performed.flatMap(({ firstDelayMs }) => firstDelayMs ?? [])
  const onTime = delays.filter((delay) => delay <= graceMinutes * minuteMs).length
  const turnovers = performed.flatMap(({ turnover }) => (turnover === null ? [] : [turnover.to - turnover.from]))
  const errors = performed.flatMap(({ inRoom, plan }) =>
    inRoom === null ? [] : [inRoom.to - inRoom.from - plan.minutes * minuteMs],
  )
  return {
    cases: performed.length,
    timedCases: timed.length,
    ...utilisation(query),
    firstCases: delays.length,
    firstCasesOnTime: onTime,
    onTimeRate: ratio(onTime, delays.length),
    firstCaseDelayMinutesMedian: inMinutes(median(delays)),
    turnovers: turnovers.length,
    turnoverMinutesMedian: inMinutes(median(turnovers)),
    overtimeMinutes: Math.round(sum(performed.map(({ overtimeMs }) => overtimeMs)) / minuteMs),
    estimateErrorMinutesMedian: inMinutes(median(errors)),
    estimateErrorMinutesMeanAbsolute: inMinutes(ratio(sum(errors.map(Math.abs)), errors.length)),
    cancelled: cancelled.length,
    cancellationRate: ratio(cancelled.length, performed.length + cancelled.length),
    cancellations: cancellationsByReason(cancelled),
    ...releases(query),
  }
}

function utilisation({ performed, blocks, casesOfBlocks, now }: FiguresQuery) {
  const over = blocks.filter((block) => isOver(block, casesOfBlocks.get(block.id) ?? [], now))
  const byRoom = Map.groupBy(over, ({ roomId }) => roomId)
  const within = (roomId: string, range: { from: number; to: number } | null) =>
    sum(
      (byRoom.get(roomId) ?? []).map(({ from, to }) =>
        range === null ? 0 : Math.max(0, Math.min(range.to, to.getTime()) - Math.max(range.from, from.getTime())),
      ),
    )
  const blockMinutes = sum(over.map(({ minutes }) => minutes))
  const inBlock = sum(performed.map(({ plan, inRoom }) => within(plan.roomId, inRoom))) / minuteMs
  const turnoverInBlock = sum(performed.map(({ plan, turnover }) => within(plan.roomId, turnover))) / minuteMs
  return {
    blockMinutes,
    inBlockMinutes: Math.round(inBlock),
    turnoverInBlockMinutes: Math.round(turnoverInBlock),
    rawUtilisation: ratio(inBlock, blockMinutes),
    adjustedUtilisation: ratio(inBlock + turnoverInBlock, blockMinutes),
  }
}

function releases({ blocks, casesOfBlocks, releaseDays, now }: FiguresQuery) {
  const unused = blocks.filter(
    (block) =>
      isOwned(block) && block.to <= now && !(casesOfBlocks.get(block.id) ?? []).some((one) => owns(block, one)),
  )
  const inTime = unused.filter(
    ({ releasedAt, from }) => releasedAt !== null && releasedAt.getTime() <= from.getTime() - releaseDays * dayMs,
  )
  return {
    unusedBlocks: unused.length,
    releasedInTime: inTime.length,
    releaseCompliance: ratio(inTime.length, unused.length),
  }
}

/**
 * A block in the future may be over too, if its milestones were recorded to try out a plan (`trial` of
 * recordMilestone). A patient who has arrived for it, or whose case began early, does not end it.
 */
function isOver({ from, to }: Block, cases: readonly Case[], now: Date): boolean {
  const isTrial = ({ at }: Case['milestones'][number]) => at.getTime() > now.getTime() + aheadMsMax
  return to <= now || (from > now && cases.some(({ milestones }) => milestones.some(isTrial)))
}

function isOwned({ service, surgeonId }: Block): boolean {
  return service !== null || surgeonId !== null
}

/** Whether a case is one of the block’s owner, as in block_is_open.sql. */
function owns({ service, surgeonId }: Block, one: Case): boolean {
  const isService = service === null || serviceKey(service) === serviceKey(one.service)
  return isService && (surgeonId === null || surgeonId === one.surgeonId)
}

function cancellationsByReason(cancelled: readonly Case[]): { reason: string; count: number }[] {
  const byReason = Map.groupBy(cancelled, ({ failureReason, cancellationReason }) =>
    failureReason === null ? (cancellationReason ?? '') : failureReason,
  )
  return [...byReason]
    .map(([reason, cases]) => ({ reason, count: cases.length }))
    .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function inMinutes(ms: number | null): number | null {
  return ms === null ? null : ms / minuteMs
}

/** null of no values. */
function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}
