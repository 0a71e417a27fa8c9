import { checkHistory, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { afterAll, afterEach, expect } from 'vitest'
import { createEngine } from '../src/create-engine.ts'
import type { Engine } from '../src/model/engine.ts'

/** Both checkers, which share no code: the log is whole, and it rebuilds every booking. */
export async function faultsOf(database: TestDatabase, engine: Engine): Promise<unknown[]> {
  const { details } = await engine.reads.verify({ clinicNo: null, detailsMax: 10 })
  return [...(await checkHistory(database)), ...details]
}

/** An engine on the database of the file, in which the checkers find nothing after each test. */
export function checkedEngine(use: (scene: { database: TestDatabase; engine: Engine }) => void): void {
  let scene: { database: TestDatabase; engine: Engine }
  test.beforeAll(({ database }) => {
    scene = { database, engine: createEngine({ batchPool: database.appPool, generalPool: database.appPool }) }
    use(scene)
  })
  afterAll(() => scene.engine.stop())
  afterEach(async () => expect(await faultsOf(scene.database, scene.engine)).toEqual([]))
}
