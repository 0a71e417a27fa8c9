// Completeness: the security log of the site has no name for a denied operation
import { restOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { deniedArea } from './denied-area.ts'

test('every operation that a role can be needed for has an area', () => {
  const open: string[] = ['anyone', 'account']
  const restricted = Object.values(restOperations).filter(({ access }) => !open.includes(access))
  expect(restricted.length).toBeGreaterThan(20)
  expect(restricted.filter(({ id }) => deniedArea(id) === null).map(({ id }) => id)).toEqual([])
})

test('an operation of a later release has none', () => {
  expect(deniedArea('paintTheWalls')).toBeNull()
})
