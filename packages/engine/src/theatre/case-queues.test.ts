import { until } from '@holdfast/testkit'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { aCase } from '../../test/theatre.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import { caseClaims } from './case-claims.ts'
import { claimOf } from './case-plans.ts'
import type { ScheduleRequest } from './schedule-cases.ts'

// The queues themselves, with a database that only says when it is called.

type Call = { name: string; clinicNo: number; caseIds: string[]; end(): void }

/** A pool whose calls wait until the test ends them, or those of a clinic do not wait. They refuse every claim. */
function aPool(isHeld: (clinicNo: number) => boolean = () => true) {
  const calls: Call[] = []
  async function query({ name = '', values = [] }: pg.QueryConfig<unknown[]>) {
    const clinicNo = Number(values[0])
    const caseIds = (JSON.parse(String(values[1])) as { caseId: string }[]).map(({ caseId }) => caseId)
    await new Promise<void>((end) => {
      calls.push({ name, clinicNo, caseIds, end })
      if (!isHeld(clinicNo)) end()
    })
    return { rows: caseIds.map((id) => ({ outcome: 'refused', detail: [], booking_id: id, tx: null, cases: null })) }
  }
  return {
    pool: { query } as unknown as pg.Pool,
    calls,
    /** Ends the calls that wait, and those that come after them, until there are no more. */
    async endAll(claims: Promise<unknown>[]): Promise<void> {
      let isOver = false
      const all = Promise.all(claims).finally(() => {
        isOver = true
      })
      await until(
        async () => {
          for (const { end } of calls) end()
          return isOver
        },
        () => `${calls.length} calls`,
      )
      await all
    },
  }
}

const settings = { atOnceMax: 4, waitingMax: 256, waitMsMax: 60_000 }
const limitClinic = <Result>(_clinicNo: number, work: () => Promise<Result>) => work()

/** A claim of a clinic without any database. */
function aRequest(clinicNo: number): ScheduleRequest {
  const clinic = { no: clinicNo, id: newId(clinicNo), timezone: 'UTC' }
  const surgeon = { id: newId(clinicNo), clinicNo, clinicId: clinic.id }
  return claimOf(aCase({ clinic, room: newId(clinicNo), surgeon }))
}

test('a batch has the claims of one clinic, and those of another do not wait for them', async () => {
  const { pool, calls, endAll } = aPool((clinicNo) => clinicNo === 1)
  const { claim } = caseClaims({ pool, limitClinic }, settings)
  // Two batches at the database, and a third that waits for them.
  const waiting = [claim(aRequest(1))]
  await until(async () => calls[0], 'the first call')
  waiting.push(claim(aRequest(1)), claim(aRequest(1)))
  await until(async () => calls[1], 'the second call')
  waiting.push(claim(aRequest(1)), claim(aRequest(1)))
  const others = await Promise.all([aRequest(2), aRequest(2), aRequest(3)].map((request) => claim(request)))
  expect(others.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused'])
  await endAll(waiting)
  expect(calls.map(({ clinicNo, caseIds }) => [clinicNo, caseIds.length])).toEqual([
    [1, 1],
    [1, 2],
    [2, 2],
    [3, 1],
    [1, 2],
  ])
  for (const { clinicNo, caseIds } of calls) {
    expect(new Set(caseIds.map((id) => clinicNoOf(id)))).toEqual(new Set([clinicNo]))
  }
})

test('a claim without others to share a batch with is sent alone, also beside another one', async () => {
  const { pool, calls, endAll } = aPool()
  const { claim } = caseClaims({ pool, limitClinic }, settings)
  const waiting: Promise<unknown>[] = []
  for (const nth of [0, 1]) {
    waiting.push(claim(aRequest(1)))
    await until(
      async () => calls[nth],
      () => `${calls.length} calls`,
    )
  }
  expect(calls.map(({ name }) => name)).toEqual(['schedule_cases', 'schedule_cases'])
  await endAll(waiting)
})

test('claims beyond those that may wait are refused at once', async () => {
  const { pool, calls, endAll } = aPool()
  // Changes have a lower limit.
  const { claim } = caseClaims({ pool, limitClinic }, { ...settings, waitingMax: 1, queuedMax: 3 })
  const waiting = [claim(aRequest(1)), claim(aRequest(1)), claim(aRequest(1))]
  const overloaded = { kind: 'overloaded', retryAfterSeconds: 1 }
  expect(await Promise.all([claim(aRequest(1)), claim(aRequest(1))])).toEqual([overloaded, overloaded])
  // Another clinic's may wait.
  waiting.push(claim(aRequest(2)))
  await endAll(waiting)
  expect(calls.map(({ caseIds }) => caseIds.length)).toEqual([3, 1])
})

test('when the limiter refuses a batch, its claims are refused, and not attempted alone', async () => {
  const { pool, calls } = aPool(() => false)
  let runs = 0
  const { claim } = caseClaims(
    {
      pool,
      async limitClinic(_clinicNo, work) {
        runs += 1
        return runs === 1 ? { kind: 'overloaded', retryAfterSeconds: 1 } : work()
      },
    },
    settings,
  )
  const outcomes = await Promise.all([claim(aRequest(1)), claim(aRequest(1))])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['overloaded', 'overloaded'])
  expect([runs, calls]).toEqual([1, []])
})
