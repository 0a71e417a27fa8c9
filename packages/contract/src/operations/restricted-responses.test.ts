// Completeness: an operation shows members what only some of them may see
import { expect, test } from 'vitest'
import { restOperations } from '../operations.ts'
import type { Operation } from './operation.ts'

/** The titles of all schemas in a schema. */
function titlesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'title' in schema && typeof schema.title === 'string' ? [schema.title] : []
  return [...own, ...Object.values(schema).flatMap(titlesIn)]
}

/** Operations that return patients of cases to every member of a clinic, doctors too, no matter who the surgeon is. */
function unrestricted(operations: readonly Operation[]): string[] {
  return operations
    .filter(({ access, method }) => access === 'member' && method === 'GET')
    .filter(({ restrictedResponse }) => restrictedResponse === undefined)
    .filter(({ responses }) =>
      Object.values(responses).some(({ schema }) => titlesIn(schema).includes('TheatrePatient')),
    )
    .map(({ id }) => id)
}

test('lists of cases and requests are restricted for doctors', () => {
  expect(unrestricted(Object.values(restOperations))).toEqual([])
})

test('negative control: each of them without its restriction is found', () => {
  const { listCases, getTheatre, listCaseRequests, getClinicStats } = restOperations
  const planted = [listCases, getTheatre, listCaseRequests, getClinicStats].map((described: Operation) => {
    const { restrictedResponse: _removed, ...rest } = described
    return rest
  })
  expect(unrestricted(planted)).toEqual(['listCases', 'getTheatre', 'listCaseRequests'])
})
