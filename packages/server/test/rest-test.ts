import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { type RestApp, startRestApp } from './rest-app.ts'

type Database = Parameters<typeof startRestApp>[0]
type Options = Parameters<typeof startRestApp>[1]
type Context = { onCleanup(end: () => Promise<void>): void }

/** Starts a server for the tests of a file, which fails at their end if its responses did not follow the contract. */
const restWith =
  (options: Options) =>
  async ({ database }: { database: Database }, { onCleanup }: Context): Promise<RestApp> => {
    const rest = await startRestApp(database, options)
    onCleanup(async () => {
      await rest.stop()
      expect(rest.violations).toEqual([])
    })
    return rest
  }

/**
 * `test` with the REST routes on a database of the file. A test fails when a response did not follow the contract.
 * `rest` has no mail server, and limits no bookings; `sending` has one, and `limited` and `otherLimited` limit them.
 */
export const test = databaseTest
  .extend('rest', { scope: 'file' }, restWith({}))
  .extend('sending', { scope: 'file' }, restWith({ sendsMails: true }))
  .extend('limited', { scope: 'file' }, restWith({ hasLimits: true }))
  .extend('otherLimited', { scope: 'file' }, restWith({ hasLimits: true }))
  .extend('violations', { auto: true }, ({ rest: { violations } }, { onCleanup }) => {
    onCleanup(() => expect(violations.splice(0)).toEqual([]))
    return violations
  })
