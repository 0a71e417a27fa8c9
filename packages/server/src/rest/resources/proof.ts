import { restOperations } from '@holdfast/contract'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** It reads every booking, and everybody may call it. */
const countMsMin = 10 * 60_000

/** The count of double bookings that everybody may see. */
export function serveProof(serve: Serve, { engine, now }: Pick<RestDeps, 'engine' | 'now'>): void {
  type Proof = Awaited<ReturnType<typeof engine.reads.proof>>
  let last: { startedAt: number; count: Promise<Proof> } | undefined

  // A failed count is not repeated sooner either: one that takes too long would be run again by each caller.
  const current = () => {
    const startedAt = now().getTime()
    if (last === undefined || startedAt - last.startedAt >= countMsMin)
      last = { startedAt, count: engine.reads.proof() }
    return last.count
  }

  serve(restOperations.getProof, async () => {
    const { bookings, overbooked, countedAt } = await current()
    const body = { bookings, overbooked, countedAt: timeText(countedAt) }
    return { status: 200, body, headers: { 'cache-control': 'public, max-age=60' } }
  })
}
