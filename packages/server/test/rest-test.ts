import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { startRestApp } from './rest-app.ts'

/** `test` with the REST routes on a database of the file. A test fails when a response did not follow the contract. */
export const test = databaseTest
  .extend('rest', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const rest = await startRestApp(database)
    onCleanup(() => rest.stop())
    return rest
  })
  .extend('violations', { auto: true }, ({ rest: { violations } }, { onCleanup }) => {
    onCleanup(() => expect(violations.splice(0)).toEqual([]))
    return violations
  })
