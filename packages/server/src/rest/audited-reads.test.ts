import { type Operation, restOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import type { RestDeps } from './rest-deps.ts'
import { serveOperations } from './rest-routes.ts'
import type { RouteOptions } from './serve.ts'

const own = 'reads what is the caller’s own'
const byHandler = 'its handler records how many rows it has sent, or whether it names patients'
const noPatients = 'has no patient'

/** Why the route of a read that names patients, or sends a file, has no entry for the security log. */
const unrecorded: Record<string, string> = {
  listMyBookings: own,
  listMyWaitlistEntries: own,
  exportClinicBookings: byHandler,
  exportClinicAuditEvents: byHandler,
  exportAuditEvents: byHandler,
  readCalendarFeed: byHandler,
  exportClinicStats: noPatients,
  getClinicLogo: noPatients,
}

/** The reads whose responses have a patient, and whether they are served with an entry. */
function readsOfPatients(): Map<string, boolean> {
  const reads = new Map<string, boolean>()
  const record = (described: Operation, _handler: unknown, { audit }: RouteOptions<never> = {}) => {
    if (described.method === 'GET' && namesPatients(described)) reads.set(described.id, audit !== undefined)
  }
  serveOperations(record, { engine: {} } as RestDeps)
  return reads
}

/** Those with a text to search for, and what their entries have of it. */
function searchesOfPatients(): Map<string, unknown> {
  const searches = new Map<string, unknown>()
  const record = (described: Operation, _handler: unknown, { audit }: RouteOptions<never> = {}) => {
    if (audit === undefined || !namesPatients(described) || !('q' in (described.query?.properties ?? {}))) return
    const input = { query: { q: ' Miller ' }, params: {}, granted: { clinic: { no: 7 }, actor: { clinicNo: 7 } } }
    const entry = [audit(input as never, { items: [] }) ?? []].flat()[0]
    searches.set(described.id, [entry?.searched, entry?.details?.includes('search')])
  }
  serveOperations(record, { engine: {} } as RestDeps)
  return searches
}

/** A file may have any text. */
function namesPatients({ responses }: Operation): boolean {
  return Object.values(responses).some(
    ({ mediaType, ...response }) => mediaType !== undefined || JSON.stringify(response).includes('"patient":'),
  )
}

function differences(reads: ReadonlyMap<string, boolean>): string[] {
  const ids = new Set([...reads.keys(), ...Object.keys(unrecorded)])
  return [...ids].filter((id) => reads.get(id) !== (unrecorded[id] === undefined))
}

test('every read that names patients has an entry in the security log, or a reason why it has none', () => {
  const reads = readsOfPatients()
  expect(reads.size).toBeGreaterThan(10)
  expect(differences(reads)).toEqual([])
})

test('every search in patients is a separate event of the security log', () => {
  const searches = searchesOfPatients()
  expect([...searches.keys()].sort()).toEqual(['listCaseRequests', 'listClinicBookings', 'listMessages'])
  for (const recorded of searches.values()) expect(recorded).toEqual(['miller', true])
})

test('negative control: a read of patients without an entry is named', () => {
  expect(namesPatients(restOperations.listClinicBookings)).toBe(true)
  expect(differences(readsOfPatients().set('listClinicBookings', false))).toEqual(['listClinicBookings'])
})
