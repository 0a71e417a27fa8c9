import { expect, test } from 'vitest'
import { connectionsOfCoordinator, connectionsOfNode } from './database-connections.ts'

const settings = {
  processes: 1,
  poolSize: 10,
  accountsPoolSize: 4,
  databaseReplicaUrls: null,
  runsJobs: true,
  amqpUrl: null,
}

test('each shard of a node of Citus has its own connections, in each process', () => {
  expect(connectionsOfNode(settings, 1)).toBe(41)
  expect(connectionsOfNode(settings, 4)).toBe(164)
  expect(connectionsOfNode({ ...settings, processes: 2 }, 4)).toBe(4 * (2 * 31 + 10))
  expect(connectionsOfNode({ ...settings, runsJobs: false }, 4)).toBe(4 * 31)
})

test('the coordinator has the accounts, and no log', () => {
  expect(connectionsOfCoordinator(settings)).toBe(10 + 4 + 10 + 8 + 2 + 6)
})
