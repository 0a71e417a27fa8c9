import type { Projection } from '@holdfast/contract/case-state'
import type { Case, Milestone } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import {
  casesAtRisk,
  delayed,
  enteredEnd,
  enteredMilestone,
  expectedEndTime,
  isFarAhead,
  isMilestoneTime,
  isMovable,
  timeAround,
} from './case-state.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const now = Date.parse(at('10:00'))

function aCase(change: Partial<Case>): Pick<Case, 'status' | 'milestones' | 'startsAt' | 'endsAt' | 'expectedEndsAt'> {
  const times = { startsAt: at('11:00'), endsAt: at('12:00'), expectedEndsAt: at('12:00') }
  return { status: 'CONFIRMED', milestones: [], ...times, ...change }
}

/** By a form that was opened at the same time. */
const sentTime = (one: ReturnType<typeof aCase>, milestone: Milestone, time: string, nowMs: number) =>
  enteredMilestone(one, milestone, { time, timeZone: 'UTC', now: nowMs, openedAt: nowMs })

const inRoom = { milestone: 'in_room', at: at('09:00') } as const

test('a case is moved until its patient is in the room', () => {
  const arrived = { milestone: 'arrived', at: at('08:30') } as const
  expect(isMovable(aCase({}))).toBe(true)
  expect(isMovable(aCase({ status: 'PENDING' }))).toBe(true)
  expect(isMovable(aCase({ status: 'ARRIVED', milestones: [arrived] }))).toBe(true)
  expect(isMovable(aCase({ status: 'ARRIVED', milestones: [arrived, inRoom] }))).toBe(false)
  expect(isMovable(aCase({ status: 'ARRIVED', milestones: [inRoom] }))).toBe(false)
  expect(isMovable(aCase({ status: 'CANCELLED' }))).toBe(false)
})

test('a milestone is at most 5 minutes ahead, 12 hours before the planned start, and a day after the end', () => {
  const isTime = (milestoneAt: string) => isMilestoneTime(milestoneAt, aCase({}), now)
  expect(isTime(at('10:05'))).toBe(true)
  expect(isTime(at('10:06'))).toBe(false)
  expect(isTime('2026-11-22T23:00:00Z')).toBe(true)
  expect(isTime('2026-11-22T22:59:00Z')).toBe(false)
  const later = Date.parse('2026-11-25T10:00:00Z')
  expect(isMilestoneTime('2026-11-24T12:00:00Z', aCase({}), later)).toBe(true)
  expect(isMilestoneTime('2026-11-24T12:01:00Z', aCase({}), later)).toBe(false)
  expect(isMilestoneTime('2026-11-24T12:01:00Z', aCase({ expectedEndsAt: at('13:00') }), later)).toBe(true)
})

test('milestones are recorded from the day of a case on, at night from the evening before, or once one is', () => {
  const isFar = (startsAt: string, change: Partial<Case> = {}) =>
    isFarAhead(aCase({ startsAt, ...change }), Date.parse(at('20:00')), 'UTC')
  expect(isFar(at('23:59'))).toBe(false)
  expect(isFar('2026-11-24T00:30:00Z')).toBe(false)
  expect(isFar('2026-11-24T07:00:00Z')).toBe(true)
  expect(isFar('2026-11-24T07:00:00Z', { milestones: [inRoom] })).toBe(false)
  expect(isFarAhead(aCase({ startsAt: at('19:00') }), Date.parse(at('00:30')), 'UTC')).toBe(false)
})

test('the time of a milestone is near the last one before it, the planned start, or its earlier record', () => {
  const outOfRoom = { milestone: 'out_of_room', at: at('09:50') } as const
  const one = aCase({ milestones: [inRoom, outOfRoom] })
  expect(timeAround(one, 'arrived')).toBe(at('11:00'))
  expect(timeAround(one, 'in_room')).toBe(at('09:00'))
  expect(timeAround(one, 'incision')).toBe(at('09:00'))
  expect(timeAround(one, 'cleaned')).toBe(at('09:50'))
})

test('a milestone after midnight is on the next day, and a patient may arrive before it', () => {
  const late = aCase({ startsAt: at('21:00'), endsAt: at('22:00') })
  const entered = (one: ReturnType<typeof aCase>, milestone: Milestone, time: string, nowAt: string) =>
    sentTime(one, milestone, time, Date.parse(nowAt))
  expect(entered(late, 'out_of_room', '00:20', '2026-11-24T00:25:00Z')).toBe('2026-11-24T00:20:00Z')
  const early = aCase({ startsAt: at('00:30'), endsAt: at('01:30') })
  expect(entered(early, 'arrived', '23:50', at('00:00'))).toBe('2026-11-22T23:50:00Z')
  // One that was brought forward from the morning.
  const morning = aCase({ startsAt: at('08:00'), endsAt: at('09:00') })
  expect(entered(morning, 'in_room', '23:50', at('00:20'))).toBe('2026-11-22T23:50:00Z')
  expect(entered(morning, 'in_room', '20:30', at('05:00'))).toBe('2026-11-22T20:30:00Z')
  expect(entered(morning, 'in_room', '19:30', at('05:00'))).toBeNull()
})

test('a milestone that was recorded many hours before or after the planned start is corrected on its day', () => {
  const corrected = (one: ReturnType<typeof aCase>, time: string) =>
    sentTime(one, 'in_room', time, Date.parse(at('21:30')))
  const broughtForward = aCase({ startsAt: at('16:00'), endsAt: at('17:00'), milestones: [inRoom] })
  expect(corrected(broughtForward, '08:55')).toBe(at('08:55'))
  const mistyped = aCase({ milestones: [{ milestone: 'in_room', at: at('21:00') }] })
  expect(corrected(mistyped, '11:00')).toBe(at('11:00'))
  // Today's, although yesterday's is nearer to what it belongs to.
  expect(corrected(aCase({ startsAt: at('09:00') }), '21:15')).toBe(at('21:15'))
})

test('a first milestone that is entered on the next day is the planned day’s, also shortly before the start', () => {
  const entered = (milestone: Milestone, time: string, nowAt: string, change: Partial<Case> = {}) =>
    sentTime(
      aCase({ startsAt: at('09:00'), endsAt: at('10:00'), ...change }),
      milestone,
      time,
      Date.parse(`2026-11-${nowAt}:00Z`),
    )
  for (const nowAt of ['24T09:30', '25T09:30', '24T07:00']) {
    expect(entered('in_room', '08:55', nowAt)).toBe(at('08:55'))
    expect(entered('in_room', '09:10', nowAt)).toBe(at('09:10'))
    expect(entered('arrived', '06:30', nowAt)).toBe(at('06:30'))
  }
  const milestones = [inRoom]
  expect(entered('in_room', '08:55', '24T09:30', { milestones })).toBe(at('08:55'))
  expect(entered('out_of_room', '09:50', '24T09:30', { milestones })).toBe(at('09:50'))
  // It was not before the patient was in the room: it took the night.
  expect(entered('out_of_room', '04:40', '24T05:00', { milestones })).toBe('2026-11-24T04:40:00Z')
  // On the same day, a time of the evening is not that of the day before.
  expect(entered('in_room', '22:00', '23T15:00')).toBeNull()
})

test('the time that a form was opened with is sent as it is: now, or what is recorded', () => {
  const one = aCase({ startsAt: at('09:00'), endsAt: at('10:00') })
  const openedAt = '2026-11-24T03:30:40.500Z'
  const sent = (time: string, change: Partial<Case> = {}) =>
    enteredMilestone({ ...one, ...change }, 'in_room', {
      time,
      timeZone: 'UTC',
      now: Date.parse(openedAt) + 90_000,
      openedAt: Date.parse(openedAt),
    })
  expect(sent('03:30')).toBe(openedAt)
  // The planned day's: it is typed.
  expect(sent('03:29')).toBe(at('03:29'))
  const milestones = [{ milestone: 'in_room', at: at('09:04').replace(':00Z', ':12Z') } as const]
  expect(sent('09:04', { milestones })).toBe('2026-11-23T09:04:12Z')
  expect(sent('03:30', { milestones })).toBe(at('03:30'))
  // What is recorded is not judged anew, although the case was moved since.
  const moved = { startsAt: '2026-11-24T09:00:00Z', endsAt: '2026-11-24T10:00:00Z' }
  expect(sent('09:04', { milestones, ...moved })).toBe('2026-11-23T09:04:12Z')
  // More than a day after its end.
  expect(
    sentTime({ ...one, expectedEndsAt: at('10:00') }, 'in_room', '11:30', Date.parse('2026-11-24T11:30:00Z')),
  ).toBe(null)
})

test('a time before the first that the server accepts is the next day’s', () => {
  const milestones = [{ milestone: 'in_room', at: '2026-11-22T22:00:00Z' } as const]
  const one = aCase({ startsAt: at('09:00'), endsAt: at('10:00'), milestones })
  expect(sentTime(one, 'in_room', '16:30', Date.parse(at('17:00')))).toBe(at('16:30'))
  expect(sentTime(one, 'in_room', '21:30', Date.parse(at('17:00')))).toBe('2026-11-22T21:30:00Z')
})

test('a milestone many hours before the planned start is today’s, and one that is to come is refused', () => {
  const entered = (time: string, startsAt: string, change: Partial<Case> = {}) =>
    sentTime(aCase({ startsAt, ...change }), 'in_room', time, now)
  expect(entered('09:50', at('20:00'))).toBe(at('09:50'))
  expect(entered('10:06', at('20:00'))).toBeNull()
  expect(entered('07:59', at('20:00'))).toBeNull()
  expect(entered('21:30', at('11:00'))).toBeNull()
  expect(entered('23:50', at('00:30'))).toBe('2026-11-22T23:50:00Z')
})

test('the expected end of a running case is the first such time from now on, however long it was to take', () => {
  const ends = (time: string, expectedEndsAt: string, nowAt = now) =>
    enteredEnd({ expectedEndsAt }, { time, timeZone: 'UTC', now: nowAt })
  // It was to end in eight hours.
  expect(ends('10:20', at('18:00'))).toBe(at('10:20'))
  expect(ends('10:00', at('18:00'), now + 59_999)).toBe(at('10:00'))
  expect(ends('19:00', at('18:00'))).toBe(at('19:00'))
  expect(ends('00:30', at('18:00'))).toBe('2026-11-24T00:30:00Z')
  expect(ends('05:00', '2026-11-24T06:00:00Z')).toBe('2026-11-24T05:00:00Z')
  // What it has is sent as it is.
  expect(ends('18:00', '2026-11-23T18:00:12Z')).toBe('2026-11-23T18:00:12Z')
  expect(ends('09:30', at('09:30'))).toBe(at('09:30'))
})

test('an end that has just passed is not that of tomorrow', () => {
  const ends = (time: string, expectedEndsAt: string) => enteredEnd({ expectedEndsAt }, { time, timeZone: 'UTC', now })
  expect(ends('09:59', at('10:30'))).toBeNull()
  expect(ends('09:59', at('18:00'))).toBeNull()
  expect(ends('09:40', at('09:30'))).toBeNull()
  expect(ends('06:01', at('18:00'))).toBeNull()
  // Twelve hours or more are left.
  expect(ends('09:59', at('22:30'))).toBeNull()
  expect(ends('09:59', '2026-11-24T09:30:00Z')).toBeNull()
})

test('the end that is offered first is not past', () => {
  const offered = (expectedEndsAt: string) => expectedEndTime({ expectedEndsAt }, 'UTC', now + 40_000)
  expect(offered(at('09:30'))).toBe('10:00')
  expect(offered(at('18:00'))).toBe('18:00')
})

test('a case is at risk by the one that it waits for, else by the one that the server names', () => {
  const cases = [
    { id: 'next', atRiskBy: 'other' },
    { id: 'free', atRiskBy: null },
    { id: 'named', atRiskBy: 'other' },
    { id: 'unlisted', atRiskBy: 'other' },
  ]
  const projection: Projection = { startsAt: now, endsAt: now, waitsFor: null }
  const projections = new Map([
    ['next', { ...projection, waitsFor: 'over' }],
    ['free', projection],
    ['named', projection],
  ])
  expect(casesAtRisk(cases, projections)).toEqual(
    new Map([
      ['next', 'over'],
      ['named', 'other'],
      ['unlisted', 'other'],
    ]),
  )
})

test('a case is expected at another time until it is done', () => {
  const projection = { startsAt: Date.parse(at('11:15')), endsAt: Date.parse(at('12:15')), waitsFor: 'late' }
  expect(delayed(aCase({}), projection, now)).toEqual({ from: projection.startsAt, to: projection.endsAt })
  expect(delayed(aCase({ endsAt: at('12:15') }), projection, now)).toBeNull()
  expect(delayed(aCase({ endsAt: at('12:30') }), projection, now)).not.toBeNull()
  expect(delayed(aCase({ status: 'COMPLETED' }), projection, now)).toBeNull()
  expect(delayed(aCase({ status: 'CANCELLED' }), projection, now)).toBeNull()
})
