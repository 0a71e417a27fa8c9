import type { TestDatabase } from '@holdfast/testkit'
import { onTestFinished } from 'vitest'
import { createEngine } from '../src/create-engine.ts'

/** The engine of a database, which is stopped when the test has finished, also if it has failed. */
export function engineOf({ appPool }: Pick<TestDatabase, 'appPool'>): ReturnType<typeof createEngine> {
  const engine = createEngine({ batchPool: appPool, generalPool: appPool })
  onTestFinished(() => engine.stop())
  return engine
}
