import type { Case } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { riskOf } from './risk-of.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const ms = (time: string) => Date.parse(at(time))
const one = { id: 'one', startsAt: at('11:00'), projectedStartsAt: null }
const earlier: Pick<Case, 'status' | 'milestones' | 'startsAt' | 'endsAt'> = {
  status: 'CONFIRMED',
  milestones: [],
  startsAt: at('09:00'),
  endsAt: at('10:30'),
}

test('a case whose projected start nobody knows has no time at which it is expected to begin', () => {
  expect(riskOf(one, new Map(), { id: 'other', other: undefined })).toEqual({ kind: 'goes_first' })
  expect(riskOf(one, new Map(), { id: 'other', other: earlier })).toEqual({ kind: 'goes_first' })
})

test('a case begins when it is projected to: on the board, else by the server', () => {
  const stored = { ...one, projectedStartsAt: at('12:00') }
  const cause = { id: 'other', other: undefined }
  expect(riskOf(stored, new Map(), cause)).toEqual({ kind: 'begins_after', beginsAt: ms('12:00') })
  const projections = new Map([['one', { startsAt: ms('12:30'), endsAt: ms('13:30') }]])
  expect(riskOf(stored, projections, cause)).toEqual({ kind: 'begins_after', beginsAt: ms('12:30') })
})

test('of a case on the board, it is said until when it takes, or when it is planned at the same time', () => {
  const projections = new Map([['other', { startsAt: ms('09:00'), endsAt: ms('11:30') }]])
  const until = { kind: 'takes_until', until: ms('11:30') }
  expect(riskOf(one, projections, { id: 'other', other: earlier })).toEqual(until)
  const same = { ...earlier, startsAt: at('11:00'), endsAt: at('12:00') }
  const sameTime = { kind: 'same_time', from: ms('11:00'), to: ms('12:00') }
  expect(riskOf(one, projections, { id: 'other', other: same })).toEqual(sameTime)
  // It has begun, and cannot be moved any more.
  const begun = { ...same, milestones: [{ milestone: 'in_room' as const, at: at('10:50') }] }
  expect(riskOf(one, projections, { id: 'other', other: begun })).toEqual(until)
})
