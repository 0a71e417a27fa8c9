import { requestTimes } from '../database/request-times.ts'
import type { NotDone } from '../model/claim.ts'
import type { RequestTimes, Span } from '../model/request-times.ts'

/** An item of a `BatchQueue`, with its caller. */
export type Waiting<Item, Outcome> = {
  item: Item
  since: number
  tries: number
  /** The connection was lost during a try: that transaction may have committed, or may still commit. */
  mayBeCommitted: boolean
  /** Another transaction has locked its row, or that of an item of its batch. */
  isLocked: boolean
  /** The times of its request, and since when it has waited, by `performance.now()`, if they are measured. */
  measured: { times: RequestTimes; waitsSince: number } | undefined
  resolve(outcome: Outcome | NotDone): void
  reject(error: unknown): void
}

/** An item may have the times of its request with it, and since when that has waited, by `performance.now()`. */
type Timed = { times?: RequestTimes; waitsSince?: number }

/** An item that has just arrived. */
export function newWaiting<Item, Outcome>(
  item: Item,
  resolve: Waiting<Item, Outcome>['resolve'],
  reject: Waiting<Item, Outcome>['reject'],
): Waiting<Item, Outcome> {
  const arrivedAt = performance.now()
  const { times = requestTimes.getStore(), waitsSince: since = arrivedAt } = item as Timed
  const measured = times && { times, waitsSince: arrivedAt }
  return { item, since, tries: 0, mayBeCommitted: false, isLocked: false, measured, resolve, reject }
}

type Measured = Pick<Waiting<unknown, unknown>, 'measured'>

/** It does not wait any more: its batch is sent, or it is refused. */
export function endWait({ measured }: Measured, nowMs: number): void {
  if (measured !== undefined) measured.times.queueMs += nowMs - measured.waitsSince
}

/**
 * Begins the span of a batch, in the trace of the first of its requests that is traced, with links to the others.
 * undefined: none is traced.
 */
export function beginBatch(queue: string, batch: readonly Measured[]): Span | undefined {
  const spans = batch.flatMap(({ measured }) => measured?.times.span ?? [])
  const [first] = spans
  return first?.part(`batch of ${queue}`, { 'holdfast.batch.size': batch.length }, spans.slice(1))
}

/** Its batch, which took these times, is over. If the item has no outcome, it waits again. */
export function endRun(
  { measured }: Measured,
  { connectionMs, databaseMs, statements }: RequestTimes,
  nowMs: number,
): void {
  if (measured === undefined) return
  measured.waitsSince = nowMs
  measured.times.connectionMs += connectionMs
  measured.times.databaseMs += databaseMs
  measured.times.statements += statements
}
