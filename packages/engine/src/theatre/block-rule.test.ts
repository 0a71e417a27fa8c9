import { expect, test } from 'vitest'
import type { BlockRule } from '../model/theatre-resource.ts'
import { expandBlockRule } from './block-rule.ts'

const rule: BlockRule = {
  from: '2027-03-01',
  to: '2027-04-30',
  weekdays: [1],
  weeksOfMonth: null,
  startTime: '08:00',
  endTime: '16:00',
  exceptDates: ['2027-03-08'],
}
const now = new Date('2027-01-01T00:00:00Z')
const starts = (overrides: Partial<BlockRule>) => {
  const outcome = expandBlockRule({ ...rule, ...overrides }, null, 'Europe/Berlin', now)
  return outcome.kind === 'expanded' ? outcome.drafts.map(({ startsAt }) => startsAt.toISOString()) : outcome
}

test('every week, without exceptions, by the local clock', () => {
  expect(starts({})).toEqual([
    '2027-03-01T07:00:00.000Z',
    '2027-03-15T07:00:00.000Z',
    '2027-03-22T07:00:00.000Z',
    // Clocks go forward on 28 March.
    '2027-03-29T06:00:00.000Z',
    '2027-04-05T06:00:00.000Z',
    '2027-04-12T06:00:00.000Z',
    '2027-04-19T06:00:00.000Z',
    '2027-04-26T06:00:00.000Z',
  ])
})

test('the second and the last of a month', () => {
  expect(starts({ weeksOfMonth: [2, -1], exceptDates: [] })).toEqual([
    '2027-03-08T07:00:00.000Z',
    '2027-03-29T06:00:00.000Z',
    '2027-04-12T06:00:00.000Z',
    '2027-04-26T06:00:00.000Z',
  ])
})

test('on the night when clocks go forward, a block takes no more minutes than it lasts', () => {
  const night = { ...rule, from: '2027-03-27', to: '2027-03-29', weekdays: [6, 7, 1], startTime: '00:00' }
  const capacities = (minutes: number | null) => {
    const outcome = expandBlockRule({ ...night, endTime: '06:00' }, minutes, 'Europe/Berlin', now)
    return outcome.kind === 'expanded' ? outcome.drafts.map(({ capacity }) => capacity) : outcome
  }
  expect(capacities(null)).toEqual([360, 300, 360])
  expect(capacities(360)).toEqual([360, 300, 360])
  expect(capacities(240)).toEqual([240, 240, 240])
})

test('a day whose clocks leave out the times of the rule is listed', () => {
  const days = { from: '2027-03-27', to: '2027-03-29', weekdays: [6, 7, 1], startTime: '02:00', endTime: '03:00' }
  expect(expandBlockRule({ ...rule, ...days }, null, 'Europe/Berlin', now)).toMatchObject({
    drafts: [
      { startsAt: new Date('2027-03-27T01:00:00Z'), capacity: 60 },
      { startsAt: new Date('2027-03-29T00:00:00Z'), capacity: 60 },
    ],
    missingDates: ['2027-03-28'],
  })
})

test('of a block that begins or ends within the hour that clocks leave out, what exists is left', () => {
  const draftsOf = (startTime: string, endTime: string) => {
    const night = { ...rule, from: '2027-03-28', to: '2027-03-28', weekdays: [7], startTime, endTime }
    return expandBlockRule(night, null, 'Europe/Berlin', now)
  }
  const forward = new Date('2027-03-28T01:00:00Z')
  expect(draftsOf('02:15', '02:45')).toMatchObject({ drafts: [], missingDates: ['2027-03-28'] })
  expect(draftsOf('02:30', '04:00')).toMatchObject({
    drafts: [{ startsAt: forward, capacity: 60 }],
    missingDates: [],
  })
  expect(draftsOf('01:00', '02:30')).toMatchObject({ drafts: [{ endsAt: forward, capacity: 60 }], missingDates: [] })
})

test('a block that ends before it begins ends on the next day, also when clocks change in its night', () => {
  const nights = { from: '2027-03-26', to: '2027-03-27', weekdays: [5, 6], startTime: '22:00', endTime: '06:00' }
  expect(expandBlockRule({ ...rule, ...nights }, null, 'Europe/Berlin', now)).toMatchObject({
    drafts: [
      { startsAt: new Date('2027-03-26T21:00:00Z'), endsAt: new Date('2027-03-27T05:00:00Z'), capacity: 480 },
      { startsAt: new Date('2027-03-27T21:00:00Z'), endsAt: new Date('2027-03-28T04:00:00Z'), capacity: 420 },
    ],
    missingDates: [],
  })
})

test('what is wrong is named', () => {
  expect(starts({ to: '2027-02-01' })).toMatchObject({ kind: 'invalid_rule', path: '/to' })
  expect(starts({ endTime: '08:00' })).toMatchObject({ kind: 'invalid_rule', path: '/endTime' })
  expect(starts({ exceptDates: ['2027-02-30'] })).toMatchObject({ kind: 'invalid_rule', path: '/exceptDates/0' })
  expect(starts({ to: '2029-06-01' })).toMatchObject({ kind: 'invalid_rule', path: '/to' })
})
