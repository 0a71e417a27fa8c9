import { test as databaseTest } from '@holdfast/testkit/database-test'
import { aCalendar } from './live-calendar.ts'
import { serverOn } from './running-server.ts'

/** `test` with two servers on the database of the test file, and doctors whose creation both have read. */
export const test = databaseTest
  .extend('here', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const server = await serverOn(database)
    onCleanup(() => server.stop())
    return server
  })
  .extend('there', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const server = await serverOn(database)
    onCleanup(() => server.stop())
    return server
  })
  .extend(
    'calendar',
    { scope: 'file' },
    ({ database, here, there }) =>
      (options?: Parameters<typeof aCalendar>[2]) =>
        aCalendar(database, [here.url, there.url], options),
  )
