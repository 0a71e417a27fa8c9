import { createEmptyDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { type CitusFacts, checkCitus, judgeCitus } from './check-citus.ts'

const good: CitusFacts = { hasExtension: true, isCoordinator: true, nodes: 1, monthsInTransit: [] }

test('a coordinator with a node for shards is enough', () => {
  expect(() => judgeCitus(good)).not.toThrow()
})

test.each<[string, Partial<CitusFacts>, string]>([
  ['without the extension', { hasExtension: false }, 'create extension citus'],
  ['on a worker', { isCoordinator: false }, 'a worker of Citus'],
  ['without a node for shards', { nodes: 0, isCoordinator: false }, 'citus_add_node'],
  [
    'with a month that is being archived',
    { monthsInTransit: ['2026-01'] },
    '2026-01 is between the database and a file',
  ],
])('a database is refused %s', (_, facts, message) => {
  expect(() => judgeCitus({ ...good, ...facts })).toThrow(message)
})

test('a database without Citus is refused, whether it is migrated or empty', async ({ database }) => {
  await expect(checkCitus(database.ownerUrl)).rejects.toThrow('create extension citus')
  const empty = await createEmptyDatabase()
  onTestFinished(() => empty.drop())
  await expect(checkCitus(empty.ownerUrl)).rejects.toThrow('create extension citus')
})
