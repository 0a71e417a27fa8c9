import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { type Announce, announceDoctor } from '../model/committed.ts'
import { runClaimBatch } from './claim-batch.ts'

const triesMax = 5
const againMs = 50

/**
 * Sends claims to the queue, except those that add places: they are rare, and each runs alone. The caller limits how
 * many of a clinic run at a time.
 */
export function claimsWithAddedPlaces(
  queue: { submit(request: ClaimRequest): Promise<ClaimOutcome> },
  pool: pg.Pool,
  announce: Announce,
) {
  return (request: ClaimRequest): Promise<ClaimOutcome> =>
    request.addsPlaces ? claimAddedPlaces(pool, request, announce) : queue.submit(request)
}

/**
 * Books what the clinic's desk asks for in a slot that gets the missing places.
 *
 * @throws pg.DatabaseError, such as for a slot that another transaction keeps locked; nothing was booked
 */
async function claimAddedPlaces(pool: pg.Pool, request: ClaimRequest, announce: Announce): Promise<ClaimOutcome> {
  for (let tries = 1; ; tries += 1) {
    const [result] = await repeatWhileLost(() => runClaimBatch(pool, [request], announce))
    const outcome: ClaimOutcome =
      result?.kind === 'completed' ? result.outcome : { kind: 'overloaded', retryAfterSeconds: 1 }
    if (outcome.kind === 'booked') announceDoctor(announce, outcome.booking.doctorId, outcome.position)
    // Holds of the slot have lapsed: now places can be added.
    const mayFit = outcome.kind === 'overloaded' || outcome.kind === 'slot_full'
    if (!mayFit || tries === triesMax) return outcome
    await delay(againMs)
  }
}
