import type { Allocation, BusyTime, Case } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { resourcesOf } from './resources-of.ts'

const at = (time: string) => `2026-11-23T${time}:00.000Z`
const ms = (time: string) => Date.parse(at(time))

function taken(kind: Allocation['kind'], resourceId: string, from: string, to: string, unit = 1): Allocation {
  return { kind, resourceId, unit, from: at(from), to: at(to) }
}

function planned(from: string, to: string, change: Partial<Case> = {}): Partial<Case> {
  const times = { startsAt: at(from), endsAt: at(to), expectedEndsAt: at(to), minutes: 60 }
  const things = { roomId: 'r1', surgeonId: 'chen', anaesthetistId: null, staffIds: [], equipment: [] }
  return { status: 'CONFIRMED', milestones: [], turnoverMinutes: 0, ...things, ...times, ...change }
}

test('people and equipment have the times of all cases, by start; rooms and patients are left out', () => {
  const cases = [
    {
      ...planned('10:00', '11:00', { staffIds: ['chen'] }),
      roomId: 'r2',
      allocations: [taken('staff', 'chen', '10:00', '11:00'), taken('equipment', 'robot', '10:00', '11:30', 2)],
    },
    {
      ...planned('08:00', '09:00'),
      roomId: 'r1',
      allocations: [
        taken('room', 'r1', '08:00', '09:20'),
        taken('patient', 'p', '08:00', '09:00'),
        taken('surgeon', 'chen', '08:00', '09:00'),
      ],
    },
  ] as Case[]
  expect(resourcesOf({ cases }, ms('07:00'))).toEqual([
    {
      kind: 'surgeon',
      id: 'chen',
      unit: 1,
      times: [
        { from: ms('08:00'), to: ms('09:00'), roomId: 'r1' },
        { from: ms('10:00'), to: ms('11:00'), roomId: 'r2' },
      ],
    },
    { kind: 'equipment', id: 'robot', unit: 2, times: [{ from: ms('10:00'), to: ms('11:30'), roomId: 'r2' }] },
  ])
})

test('who was relieved is free from then on, however late the case is', () => {
  const allocations = [
    taken('anaesthetist', 'ito', '08:00', '08:30'),
    taken('anaesthetist', 'berg', '08:30', '09:00'),
    taken('surgeon', 'chen', '08:00', '09:00'),
  ]
  const inRoom = { milestone: 'in_room', at: at('08:00') } as const
  const running = planned('08:00', '09:00', { status: 'ARRIVED', milestones: [inRoom], anaesthetistId: 'berg' })
  const cases = [{ ...running, roomId: 'r1', allocations }] as Case[]
  expect(resourcesOf({ cases }, ms('10:00')).map(({ id, times }) => [id, times[0]?.to])).toEqual([
    ['ito', ms('08:30')],
    ['berg', ms('10:00')],
    ['chen', ms('10:00')],
  ])
})

test('of other surgeons’ cases a doctor sees when, not where', () => {
  const busy = [taken('surgeon', 'ito', '08:00', '09:00'), taken('room', 'r1', '08:00', '09:00')] as BusyTime[]
  expect(resourcesOf({ cases: [], busy }, ms('07:00'))).toEqual([
    { kind: 'surgeon', id: 'ito', unit: 1, times: [{ from: ms('08:00'), to: ms('09:00'), roomId: null }] },
  ])
})

test('a late case takes its people and equipment past midnight, without having been extended', () => {
  const inRoom = { milestone: 'in_room', at: at('22:30') } as const
  const until = (surgeon: string, robot: string) => ({
    expectedEndsAt: at(surgeon),
    allocations: [taken('surgeon', 'chen', '22:00', surgeon), taken('equipment', 'robot', '22:00', robot)],
  })
  const running = planned('22:00', '23:00', { status: 'ARRIVED', milestones: [inRoom], ...until('23:30', '23:50') })
  const late = planned('22:00', '23:00', until('23:00', '23:20'))
  const endsOf = (one: Partial<Case>, now: number) =>
    resourcesOf({ cases: [one] as Case[] }, now).map(({ times }) => times[0]?.to)
  const midnight = Date.parse('2026-11-24T00:00:00.000Z')
  const minuteMs = 60_000
  expect(endsOf(running, midnight + 10 * minuteMs)).toEqual([midnight + 10 * minuteMs, midnight + 30 * minuteMs])
  expect(endsOf(late, midnight - 30 * minuteMs)).toEqual([midnight + 30 * minuteMs, midnight + 50 * minuteMs])
  expect(endsOf(late, ms('21:00'))).toEqual([ms('23:00'), ms('23:20')])
})

test('a case that began before its planned start takes its people and equipment from then on', () => {
  const inRoom = { milestone: 'in_room', at: at('11:30') } as const
  // The engine has left it nothing from its planned start on, but who came.
  const allocations = [taken('anaesthetist', 'berg', '11:50', '12:30')]
  const running = planned('13:00', '14:00', {
    status: 'ARRIVED',
    milestones: [inRoom],
    expectedEndsAt: at('12:30'),
    anaesthetistId: 'berg',
    equipment: [{ equipmentId: 'robot', units: 1 }],
  })
  const timesOf = (one: Partial<Case>, now: string) =>
    resourcesOf({ cases: [{ ...one, roomId: 'r1', allocations }] as Case[] }, ms(now)).map(({ times }) =>
      times.flatMap(({ from, to }) => [from, to]),
    )
  expect(timesOf(running, '12:00')).toEqual([
    [ms('11:50'), ms('12:30')],
    [ms('11:30'), ms('12:30')],
    [ms('11:30'), ms('12:30')],
  ])
  expect(timesOf(running, '12:40').map(([, to]) => to)).toEqual([ms('12:40'), ms('12:40'), ms('12:40')])
  const left = { milestone: 'out_of_room', at: at('12:10') } as const
  expect(timesOf({ ...running, milestones: [inRoom, left] }, '12:40')[1]).toEqual([ms('11:30'), ms('12:10')])
})
