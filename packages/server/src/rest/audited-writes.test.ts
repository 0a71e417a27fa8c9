// Completeness: the security log lacks a write, or packages/server/test/audited-writes.ts says otherwise
import { type Operation, restOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { auditedWrites } from '../../test/audited-writes.ts'
import type { RestDeps } from './rest-deps.ts'
import { serveOperations } from './rest-routes.ts'
import type { RouteOptions } from './serve.ts'

/** Their handlers record what only they know; lost-after-commit.test.ts sees it. */
const byHandlers: readonly string[] = ['erasePatient', 'acceptInvitation']

/** What is served with an entry for the security log. Routes read nothing of their dependencies before a request. */
function servedWrites(): Map<string, boolean> {
  const writes = new Map<string, boolean>()
  const record = ({ id, method }: Operation, _handler: unknown, { audit }: RouteOptions<never> = {}) => {
    if (method !== 'GET') writes.set(id, audit !== undefined || byHandlers.includes(id))
  }
  serveOperations(record, { engine: {} } as RestDeps)
  return writes
}

/** The writes that the list has with a kind, and the server without an entry, or the other way round. */
function differences(served: ReadonlyMap<string, boolean>, listed: Record<string, string | { no: string }>): string[] {
  const ids = new Set([...served.keys(), ...Object.keys(listed)])
  return [...ids].filter((id) => listed[id] === undefined || served.get(id) !== (typeof listed[id] === 'string'))
}

test('every write of the contract has an entry in the security log, or a reason why it has none', () => {
  const served = servedWrites()
  expect(served.size).toBe(Object.values(restOperations).filter(({ method }) => method !== 'GET').length)
  expect(differences(served, auditedWrites)).toEqual([])
})

test('negative control: a write without an entry, and one that is not listed, are named', () => {
  const served = servedWrites().set('withdrawBlock', false).set('planted', true)
  expect(differences(served, auditedWrites)).toEqual(['withdrawBlock', 'planted'])
})
