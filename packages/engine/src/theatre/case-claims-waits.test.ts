import type pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newId } from '../model/id.ts'
import type { ClinicLimiter } from '../queue/clinic-limiter.ts'
import { caseClaims } from './case-claims.ts'
import type { ScheduledPlan, ScheduleRequest } from './schedule-cases.ts'

const waitMsMax = 1_000

function aClaim(): ScheduleRequest {
  const caseId = newId(1)
  const plan = { caseId, version: null } as ScheduledPlan
  return { clinicNo: 1, plans: [plan], bumps: [], bumpReason: null, actorId: null, key: caseId, requestHash: caseId }
}

/** Claims that the limiter lets through after `limiterMs`, in a batch that takes `batchMs` and decides nothing. */
function slowClaims({ limiterMs, batchMs }: { limiterMs: number; batchMs: number }) {
  // Only the clock is a test clock.
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const sent: string[] = []
  const query = async ({ name, values }: { name: string; values: string[] }) => {
    sent.push(name)
    const plans: ScheduledPlan[] = JSON.parse(values[1] ?? '')
    if (name === 'claim_cases') vi.advanceTimersByTime(batchMs)
    const outcome = name === 'claim_cases' ? 'alone' : 'replayed'
    return { rows: plans.map(({ caseId }) => ({ outcome, booking_id: caseId, tx: '1', detail: null, cases: null })) }
  }
  const limitClinic: ClinicLimiter = async (_clinicNo, work, deadline = Number.POSITIVE_INFINITY) => {
    vi.advanceTimersByTime(limiterMs)
    return performance.now() > deadline ? { kind: 'overloaded', retryAfterSeconds: 1 } : work()
  }
  const pool = { query } as unknown as pg.Pool
  const { claim } = caseClaims({ pool, limitClinic }, { atOnceMax: 4, waitingMax: 8, waitMsMax })
  return { claim, sent }
}

test.for([
  { what: 'the limiter, before its batch', limiterMs: 1_001, batchMs: 0, sent: [] },
  { what: 'its batch', limiterMs: 0, batchMs: 1_001, sent: ['claim_cases'] },
  { what: 'the limiter, after its batch', limiterMs: 501, batchMs: 0, sent: ['claim_cases'] },
])('a claim waits no longer than it may in all: $what', async ({ limiterMs, batchMs, sent }) => {
  const claims = slowClaims({ limiterMs, batchMs })
  const outcomes = await Promise.all([aClaim(), aClaim()].map(claims.claim))
  expect(outcomes).toMatchObject([{ kind: 'overloaded' }, { kind: 'overloaded' }])
  expect(claims.sent).toEqual(sent)
})

test('a claim that a batch leaves is sent alone within that time', async () => {
  const claims = slowClaims({ limiterMs: 150, batchMs: 400 })
  const outcomes = await Promise.all([aClaim(), aClaim()].map(claims.claim))
  expect(outcomes).toMatchObject([{ kind: 'replayed' }, { kind: 'replayed' }])
  expect(claims.sent).toEqual(['claim_cases', 'schedule_cases', 'schedule_cases'])
})
