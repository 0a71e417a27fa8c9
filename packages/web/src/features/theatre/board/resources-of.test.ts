import type { Allocation, BusyTime, Case } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { resourcesOf } from './resources-of.ts'

const at = (time: string) => `2026-11-23T${time}:00.000Z`
const ms = (time: string) => Date.parse(at(time))

function taken(kind: Allocation['kind'], resourceId: string, from: string, to: string, unit = 1): Allocation {
  return { kind, resourceId, unit, from: at(from), to: at(to) }
}

test('people and equipment have the times of all cases, by start; rooms and patients are left out', () => {
  const cases = [
    {
      roomId: 'r2',
      allocations: [taken('staff', 'chen', '10:00', '11:00'), taken('equipment', 'robot', '10:00', '11:30', 2)],
    },
    {
      roomId: 'r1',
      allocations: [
        taken('room', 'r1', '08:00', '09:20'),
        taken('patient', 'p', '08:00', '09:00'),
        taken('surgeon', 'chen', '08:00', '09:00'),
      ],
    },
  ] as Case[]
  expect(resourcesOf({ cases })).toEqual([
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

test('of other surgeons’ cases a doctor sees when, not where', () => {
  const busy = [taken('surgeon', 'ito', '08:00', '09:00'), taken('room', 'r1', '08:00', '09:00')] as BusyTime[]
  expect(resourcesOf({ cases: [], busy })).toEqual([
    { kind: 'surgeon', id: 'ito', unit: 1, times: [{ from: ms('08:00'), to: ms('09:00'), roomId: null }] },
  ])
})
