import type { Allocation, Case, CaseRequest, Room } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { namesOf } from '../conflict-text.ts'
import { type Placed, placedCase, placedRequest, planConflicts } from './plan-conflicts.ts'

const at = (time: string) => `2026-11-23T${time}:00.000Z`
const rooms = [
  { id: 'r1', name: 'Room 1', turnoverMinutes: 20, hours: null, active: true, site: null },
  { id: 'r2', name: 'Room 2', turnoverMinutes: 20, hours: [{ weekday: 1, from: '08:00', to: '16:00' }], active: true },
] as Room[]

type Taken = { room: string; from: string; to: string; cleaned: string; surgeon?: string; patient?: string }

function aCase(id: string, { room, from, to, cleaned, surgeon = 'chen', patient = id }: Taken): Case {
  const take = (kind: Allocation['kind'], resourceId: string, until = to) =>
    ({ kind, resourceId, unit: 1, from: at(from), to: at(until) }) as Allocation
  return {
    id,
    roomId: room,
    startsAt: at(from),
    endsAt: at(to),
    turnoverMinutes: 20,
    allocations: [
      take('room', room, cleaned),
      take('surgeon', surgeon),
      take('patient', patient),
      take('equipment', 'robot'),
    ],
  } as Case
}

const moved = aCase('moved', { room: 'r1', from: '08:00', to: '09:00', cleaned: '09:20' })
const later = aCase('later', { room: 'r2', from: '10:00', to: '11:00', cleaned: '11:20', surgeon: 'ito' })
const busy = aCase('busy', { room: 'r3', from: '13:00', to: '14:00', cleaned: '14:20' })
const cases = [moved, later, busy]
const settings = { day: '2026-11-23', timeZone: 'UTC', names: namesOf({ rooms, people: [], equipment: [], cases }) }

const conflictsAt = (roomId: string, time: string, minutes = 60, one = moved) =>
  conflictsOf(placedCase(one), roomId, time, minutes)

const conflictsOf = (placed: Placed, roomId: string, time: string, minutes = 60) =>
  planConflicts(placed, { roomId, startsAt: Date.parse(at(time)), minutes }, { rooms, cases }, settings).map(
    ({ code, kind, caseId }) => [code, kind, caseId].filter(Boolean).join(' '),
  )

test('the room is taken by another case, with the turnover before and after it', () => {
  expect(conflictsAt('r2', '10:15')).toEqual(['resource_busy room later'])
  expect(conflictsAt('r2', '11:15')).toEqual(['resource_busy room later'])
  expect(conflictsAt('r2', '11:20')).toEqual([])
  expect(conflictsAt('r2', '08:45')).toEqual(['resource_busy room later'])
  expect(conflictsAt('r2', '08:40')).toEqual([])
})

test('a person of the team is taken in another room, and one piece of equipment alone is no conflict', () => {
  expect(conflictsAt('r1', '13:30')).toEqual(['resource_busy surgeon busy'])
  expect(conflictsAt('r1', '10:00')).toEqual([])
})

test('the room is closed, and a case never conflicts with itself', () => {
  expect(conflictsAt('r2', '15:30')).toEqual(['outside_hours'])
  expect(conflictsAt('r2', '15:30', 60, { ...moved, urgency: 'expedited' })).toEqual(['outside_hours'])
  for (const urgency of ['urgent', 'immediate'] as const) {
    expect(conflictsAt('r2', '15:30', 60, { ...moved, urgency })).toEqual([])
  }
  expect(conflictsAt('r1', '08:05')).toEqual([])
})

test('a case that is outside the hours by now stays there, and may become shorter', () => {
  const late = { ...aCase('late', { room: 'r2', from: '16:00', to: '17:00', cleaned: '17:20' }), minutes: 60 }
  expect(conflictsAt('r2', '16:00', 60, late)).toEqual([])
  expect(conflictsAt('r2', '16:00', 45, late)).toEqual([])
  expect(conflictsAt('r2', '16:00', 61, late)).toEqual(['outside_hours'])
  expect(conflictsAt('r2', '16:15', 45, late)).toEqual(['outside_hours'])
})

test('a request conflicts with cases of its room, its team and its patient, and with opening times', () => {
  const known = { ...later, patient: { mrn: '7', name: 'Ada Okafor', birthDate: null } }
  const team = { surgeonId: 'chen', anaesthetistId: null, staffIds: ['nurse'] }
  const request = { id: 'q', urgency: 'elective', patient: { ...known.patient, name: 'A. Okafor' }, ...team }
  const placed = placedRequest(request as unknown as CaseRequest, [known])
  expect(conflictsOf(placed, 'r2', '10:15')).toEqual(['resource_busy room later', 'resource_busy patient later'])
  expect(conflictsOf(placed, 'r2', '08:45')).toEqual(['resource_busy surgeon moved', 'resource_busy room later'])
  expect(conflictsOf(placed, 'r1', '10:30')).toEqual(['resource_busy patient later'])
  expect(conflictsOf(placed, 'r2', '15:30')).toEqual(['outside_hours'])
  expect(conflictsOf(placed, 'r1', '11:00')).toEqual([])
})
