import { type Operation, restOperations } from '@holdfast/contract'
import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestApp, startRestApp } from '../../test/rest-app.ts'

let database: TestDatabase
let rest: RestApp

beforeAll(async () => {
  database = await createTestDatabase()
  rest = await startRestApp(database.appPool)
})

afterAll(async () => {
  await rest.stop()
  await database.drop()
})

/** The operations that have no route; see rest-routes.ts. */
function notServed(operations: readonly Pick<Operation, 'id' | 'method' | 'url'>[]): string[] {
  const isServed = ({ method, url }: Pick<Operation, 'method' | 'url'>) =>
    rest.app.hasRoute({ method, url: url.replaceAll(/\{(\w+)\}/g, ':$1') })
  return operations.filter((operation) => !isServed(operation)).map(({ id, method, url }) => `${id}: ${method} ${url}`)
}

test('every operation of the contract is served', () => {
  expect(notServed(Object.values(restOperations))).toEqual([])
})

test('negative control: an operation without a route is named', () => {
  const planted = { id: 'planted', method: 'GET', url: '/api/v1/planted/{plantedId}' } as const
  expect(notServed([planted, restOperations.getBooking])).toEqual(['planted: GET /api/v1/planted/{plantedId}'])
})
