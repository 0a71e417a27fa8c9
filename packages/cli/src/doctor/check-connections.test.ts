import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { checkConnections } from './check-connections.ts'

const settings = {
  processes: 1,
  poolSize: 10,
  accountsPoolSize: 4,
  databaseReplicaUrls: null,
  runsJobs: true,
  amqpUrl: null,
}

test('more connections than PostgreSQL accepts are a warning that says how many are needed', async ({ database }) => {
  // The servers of the tests accept 300.
  const one = await checkConnections(database.ownerUrl, settings)
  expect(one).toMatchObject({ name: 'connections', state: 'ok' })
  expect(one.found).toContain('opens up to 61; max_connections is 300, of which 3 are reserved')
  const eight = await checkConnections(database.ownerUrl, { ...settings, processes: 8 })
  expect(eight.found).toContain('its 8 processes opens up to 404; max_connections is 300')
  expect(eight).toMatchObject({ state: 'warning', fix: expect.stringContaining('max_connections to 407 or more') })
})
