import type { Case, CaseConflict } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
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
  expect(conflictWays([busy('one')], staff)).toEqual({ rules: [], candidates: [cases[0]] })
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
  expect(conflictWays([closed, busy('one')], admin)).toEqual({ rules: ['outside_hours'], candidates: [cases[0]] })
  expect(conflictWays([closed, busy('one')], staff)).toBeNull()
})
