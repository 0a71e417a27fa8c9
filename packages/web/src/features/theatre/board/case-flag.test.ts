import type { Case, CaseLack } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { type CaseFlag, caseFlag } from './case-flag.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const now = Date.parse(at('10:00'))

type Flagged = Parameters<typeof caseFlag>[0]

/** A case from eleven to twelve. */
function aCase(change: Partial<Flagged> = {}): Flagged {
  const times = { startsAt: at('11:00'), endsAt: at('12:00'), expectedEndsAt: at('12:00') }
  return { id: 'one', status: 'CONFIRMED', milestones: [], lacks: null, ...times, ...change }
}

const reached = (...milestones: Case['milestones'][number]['milestone'][]): Partial<Flagged> => ({
  status: milestones.includes('out_of_room') ? 'COMPLETED' : 'ARRIVED',
  milestones: milestones.map((milestone) => ({ milestone, at: at('09:30') })),
})
const begun = { startsAt: at('09:00') }
const overdue = { startsAt: at('09:00'), endsAt: at('09:59'), expectedEndsAt: at('09:59') }
const lack: CaseLack = {
  kind: 'room',
  resourceId: 'OR 1',
  unit: 1,
  from: at('11:00'),
  to: at('12:00'),
  caseId: null,
  slotId: null,
  isFree: true,
}

test.each<[CaseFlag | null, string, Flagged]>([
  [null, 'is planned', aCase()],
  ['held', 'is held', aCase({ status: 'PENDING' })],
  ['late', 'should have begun', aCase(begun)],
  ['late', 'should have begun, and its patient has arrived', aCase({ ...begun, ...reached('arrived') })],
  [null, 'has not begun, and its patient has arrived', aCase(reached('arrived'))],
  ['running', 'is in the room', aCase({ ...begun, ...reached('arrived', 'in_room') })],
  ['overrunning', 'should have left the room', aCase({ ...overdue, ...reached('in_room') })],
  ['done', 'has left the room', aCase({ ...overdue, ...reached('in_room', 'out_of_room') })],
  [
    'incomplete',
    'lacks something, whatever else is the case',
    aCase({ ...overdue, ...reached('in_room'), lacks: [lack] }),
  ],
  [null, 'lacks nothing', aCase({ lacks: [] })],
])('%s: a case that %s', (flag, _what, one) => {
  expect(caseFlag(one, new Map(), now)).toBe(flag)
})

test('only what has not begun, and is not late already, is at risk', () => {
  const risks = new Map([['one', 'another']])
  const flagOf = (change: Partial<Flagged>) => caseFlag(aCase(change), risks, now)
  expect([flagOf({}), flagOf({ status: 'PENDING' })]).toEqual(['atRisk', 'atRisk'])
  expect([flagOf(begun), flagOf({ ...begun, ...reached('in_room') })]).toEqual(['late', 'running'])
  expect(flagOf({ lacks: [lack] })).toBe('incomplete')
  expect(caseFlag(aCase(), new Map([['another', 'one']]), now)).toBeNull()
})
