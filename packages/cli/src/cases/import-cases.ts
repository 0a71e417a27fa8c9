import type { TheatreReport } from '@holdfast/contract/client'
import pMap from 'p-map'
import { CommandRefusal } from '../command.ts'
import type { Progress } from '../progress.ts'
import { weeksToMove } from '../replay/plan-replay.ts'
import { verifyClinics } from '../replay/verify-clinics.ts'
import { callTimeout, httpOutcome } from '../target/http-outcome.ts'
import { retryCall } from '../target/retry-call.ts'
import { callUntilOk, describeStop, sleeper, type TargetServer } from '../target/target-server.ts'
import { type BookedRows, bookCases } from './book-cases.ts'
import type { CaseRow } from './case-row.ts'
import { type CasesPlan, type PlannedCase, planCases } from './plan-cases.ts'
import { earlierCases, prepareBlocks, prepareRooms } from './prepare-theatre.ts'
import type { RefusedRow } from './refused-row.ts'

const casesAtOnce = 8

type RecordedMilestones = {
  recorded: number
  failures: { caseId: string; why: string }[]
}

/** Records what happened in the booked cases, each case's milestones in their order. */
async function recordMilestones(
  server: TargetServer,
  cases: readonly PlannedCase[],
  booked: ReadonlyMap<string, string>,
  onCase: () => void,
): Promise<RecordedMilestones> {
  const result: RecordedMilestones = { recorded: 0, failures: [] }
  const record = async ({ row, milestones }: PlannedCase) => {
    const caseId = booked.get(row.caseId)
    if (caseId === undefined) return
    for (const { milestone, at } of milestones) {
      const call = () =>
        httpOutcome(
          server.admin.recordMilestone({
            path: { caseId },
            // The file's days were moved into the future, where nothing is in the way.
            body: { milestone, at: at.toString(), trial: true },
            ...callTimeout(),
          }),
        )
      const { outcome } = await retryCall(call, sleeper(server.signal))
      if (outcome.kind === 'stopped') throw new CommandRefusal(`recording milestones failed: ${describeStop(outcome)}`)
      if (outcome.kind === 'ok') result.recorded++
      else {
        const why = outcome.kind === 'refused' ? outcome.why : outcome.detail
        result.failures.push({ caseId: row.caseId, why: `${milestone}: ${why}` })
      }
    }
    onCase()
  }
  await pMap(cases, record, { concurrency: casesAtOnce, signal: server.signal })
  return result
}

/** The result of an import or a replay of cases; `--json` prints exactly this. */
export type CasesSummary = {
  rows: number
  /** The cases that this run or an earlier one has booked. */
  booked: number
  /** The room was taken by another row, or by a case that the clinic had. */
  refusedOverlap: number
  /** The block had too few minutes left, or belonged to somebody. */
  refusedBlock: number
  failed: number
  /** Every row that was refused, and what it overlaps. */
  refused: RefusedRow[]
  milestones: number
  /** The server's recount of the clinic. */
  verify: { slots: number; bookings: number; overbooked: number; mismatches: number }
  report: TheatreReport
}

export type CasesResult = {
  summary: CasesSummary
  failures: { caseId: string; why: string }[]
  milestoneFailures: { caseId: string; why: string }[]
  findings: string[]
}

export type ImportCasesRequest = {
  rows: readonly CaseRow[]
  clinicId: string
  timeZone: string
  /** Today's date in the time zone. */
  today: Temporal.PlainDate
}

/**
 * Creates rooms and blocks, books every row in the file's order, records what happened, recounts, and reads the report.
 * Can be repeated: it finds what earlier runs created, and books nothing twice.
 *
 * @throws CommandRefusal when the server or its limits do not allow it
 */
export async function importCases(
  server: TargetServer,
  { rows, clinicId, timeZone, today }: ImportCasesRequest,
  progress: Progress,
): Promise<CasesResult> {
  const { plan, earlier } = await choosePlan(server, { rows, clinicId, timeZone, today })
  const rooms = await prepareRooms(server, clinicId, plan.rooms)
  let done = 0
  progress.begin('blocks', plan.blocks.length)
  const blocks = await prepareBlocks(server, clinicId, plan.blocks, rooms, () => progress.step(++done))
  progress.begin('cases', plan.cases.length)
  const booking = { clinicId, rooms, blocks, earlier, timeZone, onRow: progress.step }
  const result = await bookCases(server, plan.cases, booking)
  progress.end()
  endUnlessDone(result, rows.length)

  done = 0
  progress.begin('milestones', result.booked.size)
  const milestones = await recordMilestones(server, plan.cases, result.booked, () => progress.step(++done))
  progress.end()
  const { verify, findings } = await verifyClinics(server, [{ name: 'the clinic', clinicId }])
  const report = await callUntilOk(server, 'reading the report', () =>
    server.admin.getTheatreReport({
      path: { clinicId },
      query: { from: plan.firstDate, to: plan.lastDate },
      ...callTimeout(),
    }),
  )
  const refusedOverlap = result.refused.filter(({ why }) => why === 'overlap').length
  return {
    summary: {
      rows: rows.length,
      booked: result.booked.size,
      refusedOverlap,
      refusedBlock: result.refused.length - refusedOverlap,
      failed: result.failures.length,
      refused: result.refused,
      milestones: milestones.recorded,
      verify,
      report,
    },
    failures: result.failures,
    milestoneFailures: milestones.failures,
    findings,
  }
}

/**
 * The plan, with the days moved so that the first is at least a week ahead. If a recent run moved them by one week
 * less, and all of them are still in the future, it uses that number of weeks, so that this run finds those cases.
 */
async function choosePlan(
  server: TargetServer,
  { rows, clinicId, timeZone, today }: ImportCasesRequest,
): Promise<{ plan: CasesPlan; earlier: Map<string, string> }> {
  const [first] = rows.map(({ startsAt }) => startsAt.toPlainDate()).sort(Temporal.PlainDate.compare)
  if (first === undefined) throw new CommandRefusal('there are no cases to book')
  const weeks = weeksToMove(first, today)
  if (Temporal.PlainDate.compare(first.add({ weeks: weeks - 1 }), today) > 0) {
    const earlierPlan = planCases(rows, timeZone, weeks - 1)
    const ids = new Set(rows.map(({ caseId }) => caseId))
    const found = await earlierCases(server, clinicId, earlierPlan)
    const [one] = earlierPlan.cases
    const isEarlier = [...found.keys()].some((caseId) => ids.has(caseId)) && one !== undefined
    if (isEarlier && (await startsThen(server, found.get(one.row.caseId), one.startsAt))) {
      return { plan: earlierPlan, earlier: found }
    }
  }
  const plan = planCases(rows, timeZone, weeks)
  return { plan, earlier: await earlierCases(server, clinicId, plan) }
}

/** Whether the case of an earlier run is at this time: the days of two runs overlap. */
async function startsThen(server: TargetServer, caseId: string | undefined, at: Temporal.Instant): Promise<boolean> {
  if (caseId === undefined) return false
  const { startsAt } = await callUntilOk(server, 'reading a case', () =>
    server.admin.getCase({ path: { caseId }, ...callTimeout() }),
  )
  return at.equals(Temporal.Instant.from(startsAt))
}

/** @throws CommandRefusal when the server or its limits ended it before its last row */
function endUnlessDone({ booked, refused, failures, stop }: BookedRows, rows: number): void {
  if (stop === null) return
  const done = booked.size + refused.length + failures.length
  throw new CommandRefusal(`after ${done} of ${rows} rows ${describeStop(stop)}`)
}
