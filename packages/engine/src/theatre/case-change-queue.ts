import { isNotDone, type NotDone } from '../model/claim.ts'
import { BatchQueue, type BatchQueueSettings, type QueueDepth } from '../queue/batch-queue.ts'
import type { CaseClaimsSettings } from './case-claims.ts'
import { clinicQueues } from './clinic-queues.ts'

/**
 * A change of cases with what it reads before and afterwards. Safe to run again: its key finds what a try has
 * committed. `deadline`: until when it may wait, by `performance.now()`.
 */
type CaseChange<Outcome> = (deadline: number) => Promise<Outcome>

/**
 * Runs a change of cases of a clinic, again while its connection is lost.
 *
 * @throws DatabaseUnavailable when the database cannot be reached; the database's own error for this change
 */
export type RunCaseChange = <Outcome extends { kind: string }>(
  clinicNo: number,
  change: CaseChange<Outcome>,
) => Promise<Outcome | NotDone>

type ChangeQueue = BatchQueue<CaseChange<{ kind: string }>, { kind: string }>

/**
 * Changes of existing cases, and claims that bump some. Each is a separate transaction. They are in a queue because, as
 * with claims, a change whose connection was lost is run again until its outcome is known, and is not refused as
 * `overloaded` or `locked` until then. Confirmations and cancellations share transactions in another queue, and do not
 * wait for changes here; `runSettle` repeats them with their reads.
 */
export function caseChangeQueue({ atOnceMax, waitingMax, onBatch = () => undefined, ...bounds }: CaseClaimsSettings): {
  runChange: RunCaseChange
  runSettle: RunCaseChange
  depth: () => QueueDepth
} {
  const queueOf = (
    settings: Pick<BatchQueueSettings<never, never>, 'inFlightMax' | 'queuedMax' | 'onBatch'>,
  ): ChangeQueue =>
    new BatchQueue({
      ...bounds,
      ...settings,
      name: 'case_change',
      run: (changes, deadlines) =>
        Promise.all(
          changes.map(async (change, index) => {
            const outcome = await change(deadlines[index] ?? Number.POSITIVE_INFINITY)
            return isNotDone(outcome) ? { kind: outcome.kind } : { kind: 'completed', outcome }
          }),
        ),
      batchSizeMax: 1,
    })
  const queues = clinicQueues(() => ({
    changes: queueOf({ inFlightMax: atOnceMax, queuedMax: waitingMax, onBatch }),
    // It takes as many as the queue that they go to: they hold no connection of the theatre's.
    settles: queueOf({ inFlightMax: waitingMax }),
  }))
  // What a queue returns is what the change has returned.
  const runIn =
    (name: 'changes' | 'settles'): RunCaseChange =>
    <Outcome extends { kind: string }>(clinicNo: number, change: CaseChange<Outcome>) =>
      queues.use(clinicNo, (ofClinic) => ofClinic[name].submit(change) as Promise<Outcome | NotDone>)
  return { runChange: runIn('changes'), runSettle: runIn('settles'), depth: () => queues.depth('changes') }
}
