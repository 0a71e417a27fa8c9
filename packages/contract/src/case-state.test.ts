import { expect, test } from 'vitest'
import { caseState, foreseenEnd, takenUntil } from './case-state.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const now = Date.parse(at('10:00'))
const ms = (time: string) => Date.parse(at(time))

function aCase(from: string, to: string, change: Partial<Parameters<typeof foreseenEnd>[0]> = {}) {
  const times = { startsAt: at(from), endsAt: at(to), expectedEndsAt: at(to), minutes: 60 }
  return { status: 'CONFIRMED', milestones: [], ...times, ...change }
}

const inRoom = { milestone: 'in_room', at: at('09:00') }
const running = { status: 'ARRIVED', milestones: [inRoom] }
const done = (left: string) => ({ milestones: [inRoom, { milestone: 'out_of_room', at: at(left) }] })

test.each([
  ['held', aCase('11:00', '12:00', { status: 'PENDING' })],
  ['planned', aCase('11:00', '12:00')],
  ['late', aCase('09:55', '12:00')],
  ['planned', aCase('11:00', '12:00', { startsAt: '2026-11-22T21:55:00Z', endsAt: '2026-11-22T22:55:00Z' })],
  ['planned', aCase('09:55', '12:00', { status: 'NO_SHOW' })],
  ['done', aCase('09:55', '12:00', { status: 'COMPLETED' })],
  ['running', aCase('11:00', '12:00', running)],
  ['overrunning', aCase('09:00', '09:59', running)],
  ['done', aCase('11:00', '12:00', done('09:50'))],
])('a case is %s', (state, one) => {
  expect(caseState(one, now)).toBe(state)
})

test('a running case ends now at the earliest, a late one has its minutes left, and a done one has ended', () => {
  expect(foreseenEnd(aCase('08:00', '09:30', running), now)).toBe(now)
  expect(foreseenEnd(aCase('09:45', '10:45'), now)).toBe(ms('11:00'))
  // It began 40 minutes late.
  const begun = { status: 'ARRIVED', milestones: [{ milestone: 'in_room', at: at('09:55') }] }
  expect(foreseenEnd(aCase('09:15', '10:15', begun), now)).toBe(ms('10:55'))
  expect(foreseenEnd(aCase('09:15', '11:05', begun), now)).toBe(ms('11:05'))
  expect(foreseenEnd(aCase('08:00', '09:30', done('09:50')), now)).toBe(ms('09:50'))
  expect(foreseenEnd(aCase('08:00', '09:55', done('09:50')), now)).toBe(ms('09:50'))
  const cleaned = [{ milestone: 'cleaned', at: at('09:40') }]
  expect(foreseenEnd(aCase('08:00', '09:55', { milestones: cleaned }), now)).toBe(ms('09:40'))
  // Over before its planned start.
  expect(foreseenEnd(aCase('11:00', '12:00', done('09:50')), now)).toBe(ms('12:00'))
  expect(foreseenEnd(aCase('11:00', '12:00'), now)).toBe(ms('12:00'))
  for (const status of ['COMPLETED', 'NO_SHOW', 'PENDING']) {
    expect(foreseenEnd(aCase('09:45', '10:45', { status }), now)).toBe(ms('10:45'))
  }
})

test('what a case takes, it takes as much longer as the case does, with turnover', () => {
  const [late, planned] = [aCase('09:45', '10:45'), aCase('11:00', '12:00')]
  expect(takenUntil(at('10:45'), late, now)).toBe(ms('11:00'))
  expect(takenUntil(at('11:05'), late, now)).toBe(ms('11:20'))
  expect(takenUntil(at('12:20'), planned, now)).toBe(ms('12:20'))
  // When it is done, the allocation is right, unless the next case has cut it.
  expect(takenUntil(at('10:00'), aCase('08:00', '09:30', done('09:40')), now)).toBe(ms('10:00'))
  expect(takenUntil(at('09:20'), aCase('08:00', '09:30', done('09:00')), now)).toBe(ms('09:20'))
  expect(takenUntil(at('09:30'), aCase('08:00', '09:30', done('09:40')), now)).toBe(ms('09:40'))
})

test('an extension counts once, whether or not there was room for it in the allocation', () => {
  const extended = aCase('11:00', '12:00', { expectedEndsAt: at('12:30') })
  expect(takenUntil(at('12:50'), extended, now)).toBe(ms('12:50'))
  expect(takenUntil(at('12:00'), extended, now)).toBe(ms('12:30'))
})
