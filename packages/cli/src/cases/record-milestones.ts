import pMap from 'p-map'
import { CommandRefusal } from '../command.ts'
import { callTimeout, httpOutcome } from '../target/http-outcome.ts'
import { retryCall } from '../target/retry-call.ts'
import { describeStop, sleeper, type TargetServer } from '../target/target-server.ts'
import type { PlannedCase } from './plan-cases.ts'

const casesAtOnce = 8

export type RecordedMilestones = {
  recorded: number
  failures: { caseId: string; why: string }[]
}

/** Records what happened in the booked cases, each case's milestones in their order. */
export async function recordMilestones(
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
