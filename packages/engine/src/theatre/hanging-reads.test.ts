import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { calling, changedPool } from '../../test/losing-pool.ts'
import { aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import type { Theatre } from '../model/theatre.ts'

/** An engine whose reads hang once the function has been called. `calls`: how often it was. */
function hangingAfter(database: TestDatabase, functionName: string) {
  let calls = 0
  const isWrite = calling(functionName)
  const writePool = changedPool(database.appPool, async (run, parameters) => {
    const result = await run(...parameters)
    if (isWrite(parameters)) calls += 1
    return result
  })
  const generalPool = changedPool(database.appPool, (run, parameters) =>
    calls > 0 ? new Promise(() => undefined) : run(...parameters),
  )
  const engine = createEngine({ batchPool: writePool, generalPool, theatrePool: writePool })
  return { engine, calls: () => calls }
}

test.for<[string, string, (theatre: Theatre, caseId: string) => Promise<unknown>]>([
  ['confirmation', 'settle_bookings', (theatre, caseId) => theatre.confirmCase({ caseId, actorId: null, key: null })],
  [
    'milestone',
    'record_milestone',
    (theatre, caseId) => {
      const arrival = { milestone: 'arrived', at: soonAt(8, 30), isTrial: true } as const
      return theatre.recordMilestone({ caseId, ...arrival, actorId: null, key: randomUUID() })
    },
  ],
  [
    'extend',
    'prolong_case',
    (theatre, caseId) => theatre.extendCase({ caseId, expectedEndsAt: soonAt(10, 30), actorId: null, key: null }),
  ],
])(
  'the database hangs after a %s: its outcome is unknown within seconds, and it is made once',
  async ([name, functionName, change], { database }) => {
    const built = await aTheatre(database)
    const confirm = name !== 'confirmation'
    const { id } = caseOf(await built.theatre.claimCase(aCase(built, { startsAt: soonAt(9), confirm })))
    const { engine, calls } = hangingAfter(database, functionName)
    const startedAt = performance.now()
    await expect(change(engine.theatre, id)).rejects.toMatchObject({ outcomeUnknown: true })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(calls()).toBe(1)
  },
)
