import { randomUUID } from 'node:crypto'
import { type ClaimOutcome, type ClaimRequest, newId } from '@holdfast/engine'
import type pg from 'pg'

/** A hold on one unit by a guest, with a new idempotency key. */
export function aClaim(slot: { id: string; clinicNo: number }, overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    bookingId: newId(slot.clinicNo),
    slotId: slot.id,
    units: 1,
    patient: { name: 'Ada Lovelace', email: 'ada@example.org' },
    appointmentType: null,
    reason: null,
    confirm: false,
    accountId: null,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
    ...overrides,
  }
}

/** The kind of each outcome. */
export function kinds(outcomes: readonly (ClaimOutcome | 'retry')[]): string[] {
  return outcomes.map((one) => (one === 'retry' ? one : one.kind))
}

type ClaimResult = { kind: 'completed'; outcome: ClaimOutcome } | { kind: 'retry' }
type RunClaims = (pool: pg.Pool, requests: readonly ClaimRequest[]) => Promise<ClaimResult[]>

/** One of the SQL functions behind the engine's claims, which then processes every claim. */
export type ClaimWay = {
  /** `alone` or `in a batch`. */
  way: string
  /** The SQL function that is called. */
  sqlFunction: 'claim_slot' | 'claim_slots'
  /** Like the engine's `runClaimBatch`: one result per request, in the same order. */
  run: RunClaims
  /** The outcomes; `retry` if the request has to be sent again. */
  claim(pool: pg.Pool, ...requests: ClaimRequest[]): Promise<(ClaimOutcome | 'retry')[]>
}

/**
 * The two ways to process claims, for tests that must pass with both: each request alone, one after the other; or all
 * in one batch. The batch also contains a claim for a slot that does not exist, whose result is dropped, so that it is
 * never a batch of one.
 *
 * @param runClaimBatch the engine's function, which chooses the SQL function by the number of requests
 */
export function claimWays(runClaimBatch: RunClaims): { alone: ClaimWay; together: ClaimWay } {
  const alone: RunClaims = async (pool, requests) => {
    const results: ClaimResult[] = []
    for (const request of requests) results.push(...(await runClaimBatch(pool, [request])))
    return results
  }
  const together: RunClaims = async (pool, requests) => {
    const extra = aClaim({ id: newId(missingClinicNo), clinicNo: missingClinicNo })
    return (await runClaimBatch(pool, [...requests, extra])).slice(0, requests.length)
  }
  return {
    alone: { way: 'alone', sqlFunction: 'claim_slot', run: alone, claim: outcomesOf(alone) },
    together: { way: 'in a batch', sqlFunction: 'claim_slots', run: together, claim: outcomesOf(together) },
  }
}

const missingClinicNo = 0xffffff

function outcomesOf(run: RunClaims): ClaimWay['claim'] {
  return async (pool, ...requests) => {
    const results = await run(pool, requests)
    return results.map((result) => (result.kind === 'completed' ? result.outcome : 'retry'))
  }
}
