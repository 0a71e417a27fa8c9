import type pg from 'pg'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { ClaimRequest } from '../model/claim.ts'
import type { Announce } from '../model/committed.ts'
import type { Series, SeriesClaim } from '../model/series.ts'
import type { TimeClaimOutcome, TimeClaimRequest } from '../model/session.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { seriesChanges } from './change-series.ts'
import { seriesReads } from './read-series.ts'

const attemptsMax = 20

/** Series of visits. They are few, and not in the queues of single claims and changes. */
export function createSeries(pool: pg.Pool, announce: Announce): Series {
  return {
    hold: (claims) => holdAll(pool, claims, announce),
    ...seriesChanges(pool, announce),
    ...seriesReads(pool),
  }
}

/** One batch of claims, as the queues send it, again until each of them has its outcome. */
async function holdAll(pool: pg.Pool, claims: readonly SeriesClaim[], announce: Announce): Promise<TimeClaimOutcome[]> {
  let isAnyHeld = false
  for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
    const run = () =>
      areOfSessions(claims)
        ? runTimeClaimBatch(pool, claims, announce)
        : runClaimBatch(pool, claims as readonly ClaimRequest[], announce)
    const results: ItemResult<TimeClaimOutcome>[] = await (isAnyHeld
      ? completeWrite(() => repeatWhileLost(run))
      : repeatWhileLost(run))
    const outcomes = results.flatMap((result) => (result.kind === 'completed' ? [result.outcome] : []))
    // What was booked is found again by its key.
    if (outcomes.length === claims.length) return outcomes
    isAnyHeld ||= outcomes.some(({ kind }) => kind === 'booked' || kind === 'replayed')
  }
  throw new Error(`Claims of a series lost ${attemptsMax} races.`)
}

function areOfSessions(claims: readonly SeriesClaim[]): claims is readonly TimeClaimRequest[] {
  return claims.every((claim) => 'sessionId' in claim)
}
