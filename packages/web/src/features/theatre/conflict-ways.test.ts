import type { Case, CaseConflict } from '@holdfast/contract/client'
import { describe, expect, test } from 'vitest'
import { conflictWays } from './conflict-ways.ts'

const conflict = (code: CaseConflict['code'], change: Partial<CaseConflict> = {}): CaseConflict => ({
  code,
  isSoft: [
    'outside_hours',
    'block_overrun',
    'block_owned',
    'preferred_equipment',
    'room_not_requested',
    'person_away',
  ].includes(code),
  ofCaseId: null,
  resourceId: null,
  name: null,
  ...change,
})

const cases = [{ id: 'one' }, { id: 'two' }, { id: 'three' }] as Case[]
const busy = (...bumpableCaseIds: string[]) => conflict('resource_busy', { bumpableCaseIds })
const staff = { cases, isAdmin: false } as const

test('the cases that the server lets give way are offered', () => {
  expect(conflictWays([busy('one')], staff)).toEqual({
    rules: [],
    candidates: [cases[0]],
    sufficientIds: ['one'],
  })
  expect(conflictWays([busy('three'), busy('one')], staff)?.candidates).toEqual([cases[0], cases[2]])
})

test('what no case gives way for has no way out', () => {
  expect(conflictWays([conflict('resource_busy', { caseId: 'two' }), busy('one')], staff)).toBeNull()
  expect(conflictWays([conflict('patient_mismatch'), busy('one')], { ...staff, isAdmin: true })).toBeNull()
})

test('a case of another day is not offered', () => {
  expect(conflictWays([busy('unknown'), busy('one')], staff)).toBeNull()
})

test('rules are overridden by admins only, also together with cases that give way', () => {
  const closed = conflict('outside_hours')
  expect(conflictWays([closed], staff)).toBeNull()
  const admin = { ...staff, isAdmin: true }
  expect(conflictWays([closed], admin)?.rules).toEqual(['outside_hours'])
  expect(conflictWays([closed, busy('one')], admin)).toMatchObject({ rules: ['outside_hours'], candidates: [cases[0]] })
  expect(conflictWays([closed, busy('one')], staff)).toBeNull()
})

describe('of equipment, as many cases are chosen as have the missing units', () => {
  const unitOf = (caseId: string, unit: number | null, missingUnits: number, ids = [caseId], resourceId = 'scope') =>
    conflict('resource_busy', { kind: 'equipment', resourceId, caseId, unit, missingUnits, bumpableCaseIds: ids })
  const three = (missing: number) => [unitOf('one', 1, missing), unitOf('two', 2, missing), unitOf('three', 3, missing)]

  test.for([
    [1, ['one']],
    [2, ['one', 'two']],
    [3, ['one', 'two', 'three']],
  ] as const)('%i of three', ([missing, sufficientIds]) => {
    expect(conflictWays(three(missing), staff)).toMatchObject({ candidates: cases, sufficientIds })
  })

  test('first of cases that give way in any case, then where one case has the unit alone', () => {
    expect(conflictWays([...three(1), busy('three')], staff)?.sufficientIds).toEqual(['three'])
    const shared = [unitOf('one', 1, 1), unitOf('two', 1, 1), unitOf('three', 2, 1)]
    expect(conflictWays(shared, staff)?.sufficientIds).toEqual(['three'])
  })

  test('none that another case makes unnecessary, which has something that is missing besides', () => {
    const robots = [unitOf('one', 1, 1), unitOf('two', 2, 1)]
    const laser = unitOf('two', 1, 1, ['two'], 'laser')
    for (const conflicts of [
      [...robots, laser],
      [laser, ...robots],
    ]) {
      expect(conflictWays(conflicts, staff)).toMatchObject({ candidates: cases.slice(0, 2), sufficientIds: ['two'] })
    }
    const hasTwo = [unitOf('one', 1, 2), unitOf('two', 2, 2), unitOf('two', 3, 2)]
    expect(conflictWays(hasTwo, staff)?.sufficientIds).toEqual(['two'])
  })

  test('a unit of a case that does not give way is no reason against others', () => {
    const running = unitOf('one', 1, 1, [])
    expect(conflictWays([running, unitOf('two', 2, 1)], staff)?.sufficientIds).toEqual(['two'])
    expect(conflictWays([unitOf('one', 1, 2, []), unitOf('two', 2, 2)], staff)).toBeNull()
  })

  test('a late case that uses a unit besides leaves that of the next one to be chosen', () => {
    const late = unitOf('one', null, 1, [])
    expect(conflictWays([late, unitOf('two', 1, 1)], staff)?.sufficientIds).toEqual(['two'])
    const lateToo = unitOf('three', null, 2)
    expect(conflictWays([unitOf('one', null, 2), lateToo, unitOf('two', 1, 2)], staff)?.sufficientIds).toHaveLength(2)
    expect(conflictWays([{ ...late, unit: 1 }, unitOf('two', 1, 1)], staff)).toBeNull()
  })
})
