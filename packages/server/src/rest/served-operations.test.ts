// Completeness: an operation of the contract has no route
import { type Operation, restOperations } from '@holdfast/contract'
import { expect } from 'vitest'
import type { RestApp } from '../../test/rest-app.ts'
import { test } from '../../test/rest-test.ts'

/** The operations that have no route; see rest-routes.ts. */
function notServed({ app }: RestApp, operations: readonly Pick<Operation, 'id' | 'method' | 'url'>[]): string[] {
  const isServed = ({ method, url }: Pick<Operation, 'method' | 'url'>) =>
    app.hasRoute({ method, url: url.replaceAll(/\{(\w+)\}/g, ':$1') })
  return operations.filter((operation) => !isServed(operation)).map(({ id, method, url }) => `${id}: ${method} ${url}`)
}

test('every operation of the contract is served', ({ rest }) => {
  expect(notServed(rest, Object.values(restOperations))).toEqual([])
})

test('negative control: an operation without a route is named', ({ rest }) => {
  const planted = { id: 'planted', method: 'GET', url: '/api/v1/planted/{plantedId}' } as const
  expect(notServed(rest, [planted, restOperations.getBooking])).toEqual(['planted: GET /api/v1/planted/{plantedId}'])
})
