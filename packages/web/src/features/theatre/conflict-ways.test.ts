import type { Case, CaseConflict } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { conflictWays } from './conflict-ways.ts'

const aCase = (id: string, change: Partial<Case> = {}) =>
  ({ id, status: 'CONFIRMED', milestones: [], urgency: 'elective', blockId: 'block', ...change }) as Case

const conflict = (code: CaseConflict['code'], change: Partial<CaseConflict> = {}): CaseConflict => ({
  code,
  isSoft: ['outside_hours', 'block_overrun', 'block_owned', 'preferred_equipment'].includes(code),
  ofCaseId: null,
  resourceId: null,
  name: null,
  ...change,
})

const cases = [
  aCase('elective'),
  aCase('urgent', { urgency: 'urgent' }),
  aCase('running', { milestones: [{ milestone: 'in_room', at: '' }] }),
  aCase('elsewhere', { blockId: 'other' }),
]
const busy = (caseId: string | null) => conflict('resource_busy', { caseId })
const full = conflict('block_full', { blockId: 'block', remainingMinutes: 10 })
const urgent = { cases, urgency: 'urgent', isAdmin: false } as const

test('an urgent case can displace the elective case that has what it needs', () => {
  expect(conflictWays([busy('elective')], urgent)).toEqual({
    rules: [],
    candidates: [cases[0]],
    inTheWay: ['elective'],
  })
})

test('of a full block, any elective case can give way', () => {
  expect(conflictWays([full], urgent)).toEqual({ rules: [], candidates: [cases[0]], inTheWay: [] })
})

test.each([
  ['another urgent case', 'urgent'],
  ['a case that has begun', 'running'],
  ['a case of another day', 'unknown'],
  ['a doctor’s clinic', null],
])('%s does not give way', (_what, caseId) => {
  expect(conflictWays([busy(caseId), busy('elective')], urgent)).toBeNull()
})

test('an elective case displaces nothing', () => {
  expect(conflictWays([busy('elective')], { ...urgent, urgency: 'elective' })).toBeNull()
})

test('rules are overridden by admins only, also together with cases that give way', () => {
  const closed = conflict('outside_hours')
  expect(conflictWays([closed], urgent)).toBeNull()
  const admin = { ...urgent, isAdmin: true }
  expect(conflictWays([closed], { ...admin, urgency: 'elective' })?.rules).toEqual(['outside_hours'])
  expect(conflictWays([closed, busy('elective')], admin)).toMatchObject({
    rules: ['outside_hours'],
    inTheWay: ['elective'],
  })
  expect(conflictWays([closed, busy('elective')], urgent)).toBeNull()
})

test('a wrong record number has no way out', () => {
  expect(conflictWays([conflict('patient_mismatch'), busy('elective')], { ...urgent, isAdmin: true })).toBeNull()
})
