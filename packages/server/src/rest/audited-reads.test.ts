// Completeness: an operation that shows patients does not say what the security log records
import { type Operation, restOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import type { RestDeps } from './rest-deps.ts'
import { serveOperations } from './rest-routes.ts'
import type { RouteOptions } from './serve.ts'

/** The ids of operations whose responses have a patient, or a file, and that do not say what the security log has. */
const unaudited = (operations: readonly Operation[]) =>
  operations.filter((described) => namesPatients(described) && described.audit === undefined).map(({ id }) => id)

/** The operations with a text to search for, and what their entries have of it. */
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
    ({ mediaType, ...response }) => mediaType !== undefined || /"(patient|birthDate)":/.test(JSON.stringify(response)),
  )
}

test('every read that names patients has an entry in the security log, or a reason why it has none', () => {
  expect(Object.values<Operation>(restOperations).filter(namesPatients).length).toBeGreaterThan(40)
  expect(unaudited(Object.values(restOperations))).toEqual([])
})

test('the subject of an entry is a parameter of the path or a field of the body', () => {
  const wrong = Object.values<Operation>(restOperations).filter(({ audit, auditRepeated = [], params, body }) => {
    const subjects = [audit ?? [], auditRepeated].flat().flatMap((one) => ('subject' in one ? one.subject : []))
    const known = ['response', ...fieldsOf(params), ...fieldsOf(body).map((name) => `body.${name}`)]
    return subjects.some((subject) => !known.includes(subject))
  })
  expect(wrong.map(({ id }) => id)).toEqual([])
})

const fieldsOf = (schema: unknown) => Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})

test('every search in patients is a separate event of the security log', () => {
  const searches = searchesOfPatients()
  expect([...searches.keys()].sort()).toEqual([
    'listCaseRequests',
    'listClinicBookings',
    'listMessages',
    'listPatients',
    'listWaitlistEntries',
  ])
  for (const recorded of searches.values()) expect(recorded).toEqual(['miller', true])
})

test('negative control: a read of patients without an entry is named', () => {
  const { audit: _, ...planted } = restOperations.listClinicBookings
  expect(unaudited([planted, restOperations.getBooking])).toEqual(['listClinicBookings'])
})
