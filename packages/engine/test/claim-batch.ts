import { aDoctor, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import pg from 'pg'
import type { ClaimCaseRequest } from '../src/model/theatre-case.ts'
import { claimOf } from '../src/theatre/case-plans.ts'
import { type ScheduleRow, sentPlan } from '../src/theatre/schedule-cases.ts'
import { aCase, aRoom, type BuiltTheatre, soonAt } from './theatre.ts'

/** A plan of claim_cases. */
export type SentClaim = Record<string, unknown> & { key: string; actorId: string | null; requestHash: string }

export function sentClaim(request: ClaimCaseRequest): SentClaim {
  const { plans, actorId, key, requestHash } = claimOf(request)
  return { ...Object.assign({}, ...plans.map(sentPlan)), actorId, key, requestHash }
}

/** Rooms with a surgeon each, and the day of the room's open time, which claim_cases does not store. */
export async function somePlaces(database: TestDatabase, { clinic, theatre }: BuiltTheatre, count: number) {
  const places: Pick<BuiltTheatre, 'clinic' | 'room' | 'surgeon'>[] = []
  for (let n = 0; n < count; n += 1) {
    const place = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
    await theatre.claimCase(aCase(place, { startsAt: soonAt(20) }))
    places.push(place)
  }
  return places
}

/** Claims them in one call of claim_cases. */
export async function callClaimCases(
  client: Pick<pg.Pool, 'query'>,
  { clinic }: Pick<BuiltTheatre, 'clinic'>,
  requests: readonly ClaimCaseRequest[],
): Promise<ScheduleRow[]> {
  const plans = JSON.stringify(requests.map(sentClaim))
  return (await client.query<ScheduleRow>('select * from holdfast.claim_cases($1, $2)', [clinic.no, plans])).rows
}

/** The outcome of each; the SQLSTATE alone, if the call failed. */
export async function outcomesOf(claiming: Promise<ScheduleRow[]>): Promise<string[]> {
  try {
    return (await claiming).map(({ outcome }) => outcome)
  } catch (error) {
    if (error instanceof pg.DatabaseError) return [error.code ?? error.message]
    throw error
  }
}

/** Waits for locks for as long as the test takes to release them, on however busy a machine. */
export async function waitForLocks({ ownerPool }: TestDatabase): Promise<void> {
  await ownerPool.query("alter function holdfast.claim_cases set lock_timeout = '40s'")
}

/** Resolves when it waits for a lock, or is over without. */
export async function untilWaitingOrOver(database: TestDatabase, running: Promise<unknown>): Promise<void> {
  await Promise.race([running, untilLockWaiters(database, 1)])
}
