import type { Block, Case, Room } from '@holdfast/contract/client'
import { describe, expect, test } from 'vitest'
import { closedSpans, hoursOf, minuteMs, placed, snapped, startOfDay } from '../../../domain/time-grid/span.ts'
import {
  caseSpan,
  daysWith,
  firstInSight,
  lanesOf,
  listedSpan,
  missedSpan,
  namedSpan,
  namedTimes,
  openSpans,
  shownSpan,
} from './board-layout.ts'

const zone = 'Europe/Berlin'
const monday = '2026-11-23'
const now = Date.parse('2026-11-20T12:00:00Z')
const at = (time: string, day = monday) => Date.parse(`${day}T${time}:00+01:00`)
const room: Room = {
  id: 'r',
  name: 'Room 1',
  site: null,
  turnoverMinutes: 0,
  active: true,
  externalIds: [],
  hours: [
    { weekday: 1, from: '13:00', to: '17:30' },
    { weekday: 1, from: '07:30', to: '12:00' },
    { weekday: 2, from: '00:00', to: '24:00' },
  ],
}
const none = { rooms: [], blocks: [], cases: [] }
const workday = { from: at('08:00'), to: at('18:00') }

test('without anything the board shows 8 to 16 of the clinic’s day', () => {
  expect(shownSpan(none, monday, zone, now)).toEqual({ from: at('08:00'), to: at('16:00') })
})

test('opening times, blocks and cases with their turnover widen it to full hours, within the day', () => {
  const block = { from: '2026-11-23T05:30:00Z', to: '2026-11-23T09:00:00Z' } as Block
  const late = {
    startsAt: '2026-11-23T21:00:00Z',
    endsAt: '2026-11-23T22:50:00Z',
    expectedEndsAt: '2026-11-23T22:50:00Z',
    turnoverMinutes: 30,
    status: 'CONFIRMED',
    milestones: [] as Case['milestones'],
  } as Case
  expect(shownSpan({ ...none, rooms: [room] }, monday, zone, now)).toEqual({ from: at('07:00'), to: at('18:00') })
  const all = shownSpan({ rooms: [room], blocks: [block], cases: [late] }, monday, zone, now)
  expect(all).toEqual({ from: at('06:00'), to: at('00:00', '2026-11-24') })
})

describe('a case that runs over midnight', () => {
  const days = ['2026-11-22', monday, '2026-11-24']
  const evening = (change: Partial<Case>) =>
    ({
      startsAt: '2026-11-22T21:00:00Z',
      endsAt: '2026-11-22T22:30:00Z',
      expectedEndsAt: '2026-11-22T22:30:00Z',
      turnoverMinutes: 0,
      minutes: 90,
      status: 'CONFIRMED',
      milestones: [] as Case['milestones'],
      ...change,
    }) as Case
  const inRoom = { milestone: 'in_room', at: '2026-11-22T22:00:00Z' } as const
  const afterMidnight = at('00:20')

  test.for([
    ['by its plan', evening({ endsAt: '2026-11-22T23:30:00Z', expectedEndsAt: '2026-11-22T23:30:00Z' }), now],
    ['extended', evening({ expectedEndsAt: '2026-11-22T23:30:00Z' }), now],
    ['late, with its patient in the room', evening({ status: 'ARRIVED', milestones: [inRoom] }), afterMidnight],
    ['late, and not begun', evening({}), at('23:00', '2026-11-22')],
    [
      'late, and done',
      evening({ milestones: [inRoom, { milestone: 'out_of_room', at: '2026-11-22T23:20:00Z' }] }),
      at('09:00'),
    ],
  ] as const)('is in both days, from midnight in the second: %s', ([, one, at]) => {
    expect(daysWith(caseSpan(one, at), days, zone)).toEqual(['2026-11-22', monday])
    const { from } = shownSpan({ ...none, cases: [one] }, monday, zone, at)
    expect(from).toBe(startOfDay(monday, zone))
  })

  test('is in one day if it is over before', () => {
    expect(daysWith(caseSpan(evening({}), now), days, zone)).toEqual(['2026-11-22'])
    const upTo = evening({ endsAt: '2026-11-22T23:00:00Z', expectedEndsAt: '2026-11-22T23:00:00Z' })
    expect(daysWith(caseSpan(upTo, now), days, zone)).toEqual(['2026-11-22'])
  })
})

describe('a case that began before its planned start', () => {
  const planned = (milestones: [Case['milestones'][number]['milestone'], string][], change: Partial<Case> = {}) => {
    const began = milestones.find(([milestone]) => milestone === 'in_room')
    return {
      startsAt: '2026-11-23T13:00:00Z',
      endsAt: '2026-11-23T14:00:00Z',
      expectedEndsAt: began === undefined ? '2026-11-23T14:00:00Z' : new Date(utc(began[1]) + 3_600_000).toISOString(),
      turnoverMinutes: 20,
      minutes: 60,
      status: 'ARRIVED',
      milestones: milestones.map(([milestone, time]) => ({ milestone, at: `2026-11-23T${time}:00Z` })),
      ...change,
    } as Case
  }
  const utc = (time: string) => Date.parse(`2026-11-23T${time}:00Z`)
  const times = (one: Case, now: string) => {
    const { from, to } = caseSpan(one, utc(now))
    return [from, to].map((at) => new Date(at).toISOString().slice(11, 16))
  }

  test.for([
    ['runs from then on', [['in_room', '11:30']], '11:40', ['11:30', '12:30']],
    ['runs longer than its minutes', [['in_room', '11:30']], '12:50', ['11:30', '12:50']],
    ['is recorded by another milestone', [['incision', '11:30']], '11:40', ['11:30', '14:00']],
    [
      'is over',
      [
        ['arrived', '11:00'],
        ['in_room', '11:30'],
        ['out_of_room', '12:10'],
      ],
      '12:15',
      ['11:30', '12:10'],
    ],
    ['is over, and only that is recorded', [['out_of_room', '12:10']], '12:15', ['11:10', '12:10']],
    [
      'is over at once',
      [
        ['in_room', '11:30'],
        ['out_of_room', '11:31'],
      ],
      '12:15',
      ['11:30', '11:31'],
    ],
    [
      'is over after its planned start',
      [
        ['in_room', '12:55'],
        ['out_of_room', '13:30'],
      ],
      '13:40',
      ['12:55', '13:30'],
    ],
  ] as const)('%s', ([, milestones, time, span]) => {
    const one = planned(milestones.map(([milestone, at]) => [milestone, at]))
    expect(times(one, time)).toEqual(span)
    expect(placed(namedSpan(one, utc(time)), { from: at('08:00'), to: at('16:00') })).not.toBeNull()
  })

  test('says when it has its room, and others say their plan', () => {
    const running = planned([['in_room', '11:30']])
    expect(namedTimes(running, utc('11:40'))).toEqual({
      startsAt: '2026-11-23T11:30:00.000Z',
      endsAt: '2026-11-23T12:30:00.000Z',
    })
    expect(namedTimes(planned([['arrived', '12:10']]), utc('12:20'))).toMatchObject({
      startsAt: '2026-11-23T13:00:00Z',
      endsAt: '2026-11-23T14:00:00Z',
    })
  })

  test('shares the height of its row with what is planned for the time at which it has its room', () => {
    const cases = [
      planned([['in_room', '11:30']], { id: 'early' }),
      planned([], { id: 'late', startsAt: '2026-11-23T11:15:00Z', endsAt: '2026-11-23T12:15:00Z' }),
      planned([], { id: 'next', startsAt: '2026-11-23T13:00:00Z' }),
    ]
    expect(Object.fromEntries(lanesOf(cases, utc('11:40'), workday))).toMatchObject({
      late: { lane: 0, lanes: 2 },
      early: { lane: 1, lanes: 2 },
      next: { lane: 0, lanes: 1 },
    })
  })

  test('belongs to the day on which it began, and not to that of its plan', () => {
    const days = ['2026-11-22', monday]
    const one = planned([], {
      startsAt: '2026-11-23T00:00:00Z',
      endsAt: '2026-11-23T01:00:00Z',
      expectedEndsAt: '2026-11-22T20:30:00Z',
      milestones: [{ milestone: 'in_room', at: '2026-11-22T19:30:00Z' }],
    })
    const then = Date.parse('2026-11-22T19:40:00Z')
    expect(daysWith(caseSpan(one, then), days, zone)).toEqual(['2026-11-22'])
    const shown = { from: at('08:00', '2026-11-22'), to: at('22:00', '2026-11-22') }
    expect(shownSpan({ ...none, cases: [one] }, '2026-11-22', zone, then)).toEqual(shown)
    expect(shownSpan({ ...none, cases: [one] }, monday, zone, then)).toEqual({ from: at('08:00'), to: at('16:00') })
    expect(firstInSight({ ...none, cases: [one] }, shown, at('09:00'))).toBe(at('20:00', '2026-11-22'))
  })
})

describe('a case that began after its planned start', () => {
  const late = (change: Partial<Case>) =>
    ({
      startsAt: new Date(at('14:45')).toISOString(),
      endsAt: new Date(at('15:45')).toISOString(),
      expectedEndsAt: new Date(at('16:36')).toISOString(),
      turnoverMinutes: 20,
      minutes: 60,
      status: 'ARRIVED',
      milestones: [{ milestone: 'in_room', at: new Date(at('15:36')).toISOString() }],
      ...change,
    }) as Case
  const outOfRoom = { milestone: 'out_of_room', at: new Date(at('16:10')).toISOString() } as const

  test('is drawn from when its patient came in, for its minutes, with its planned start behind it', () => {
    const running = late({})
    expect(caseSpan(running, at('15:40'))).toEqual({ from: at('15:36'), to: at('16:36') })
    expect(namedSpan(running, at('17:00'))).toEqual({ from: at('15:36'), to: at('16:36') })
    expect(missedSpan(running, at('15:40'))).toEqual({ from: at('14:45'), to: at('15:36') })
    expect(namedTimes(running, at('15:40')).startsAt).toBe(new Date(at('15:36')).toISOString())
    const done = late({ status: 'COMPLETED', milestones: [...running.milestones, outOfRoom] })
    expect(namedSpan(done, at('18:00'))).toEqual({ from: at('15:36'), to: at('16:10') })
    const next = late({
      id: 'next',
      startsAt: new Date(at('17:05')).toISOString(),
      endsAt: new Date(at('18:05')).toISOString(),
      milestones: [],
    })
    expect(lanesOf([done, next], at('18:00'), workday).get('next')).toMatchObject({ lane: 0, lanes: 1 })
  })

  test('is also on the day of its plan if it began after midnight, whose hours it belongs to', () => {
    const began = '2026-11-22T23:30:00Z'
    const one = late({
      startsAt: '2026-11-22T22:00:00Z',
      endsAt: '2026-11-22T23:00:00Z',
      milestones: [{ milestone: 'in_room', at: began }],
      expectedEndsAt: '2026-11-23T00:30:00Z',
    })
    const then = Date.parse('2026-11-22T23:40:00Z')
    expect(daysWith(listedSpan(one, then), ['2026-11-21', '2026-11-22', monday], zone)).toEqual(['2026-11-22', monday])
    expect(shownSpan({ ...none, cases: [one] }, '2026-11-22', zone, then).to).toBe(startOfDay(monday, zone))
    expect(missedSpan(one, then)).toEqual({ from: Date.parse(one.startsAt), to: Date.parse(one.endsAt) })
    const early = late({ milestones: [{ milestone: 'in_room', at: new Date(at('14:00')).toISOString() }] })
    expect(listedSpan(early, at('15:00'))).toEqual(caseSpan(early, at('15:00')))
  })

  test('is drawn at its plan until it begins, or without the milestone', () => {
    const waiting = late({ milestones: [], expectedEndsAt: new Date(at('15:45')).toISOString() })
    expect(namedSpan(waiting, at('15:00'))).toEqual({ from: at('14:45'), to: at('15:45') })
    const left = late({ milestones: [outOfRoom] })
    expect(caseSpan(left, at('18:00'))).toEqual({ from: at('14:45'), to: at('16:10') })
    for (const one of [waiting, left]) expect(missedSpan(one, at('15:00'))).toBeNull()
  })
})

test('cases planned for the same time share the height of their row, and others have all of it', () => {
  const planned = (id: string, from: string, to: string, change: Partial<Case> = {}) =>
    ({
      id,
      startsAt: new Date(at(from)).toISOString(),
      endsAt: new Date(at(to)).toISOString(),
      minutes: (at(to) - at(from)) / minuteMs,
      expectedEndsAt: new Date(at(to)).toISOString(),
      status: 'CONFIRMED',
      milestones: [],
      ...change,
    }) as Case
  const lanes = lanesOf(
    [
      planned('alone', '08:00', '09:30'),
      planned('second', '09:30', '11:00'),
      planned('first', '09:30', '11:00'),
      planned('after', '11:00', '12:30', { expectedEndsAt: new Date(at('14:00')).toISOString() }),
      // A late case before does not push it aside: it keeps its planned time.
      planned('next', '12:30', '14:00'),
      planned('across', '13:00', '14:30'),
    ],
    now,
    workday,
  )
  expect(Object.fromEntries(lanes)).toMatchObject({
    alone: { lane: 0, lanes: 1, until: at('09:30') },
    second: { lane: 0, lanes: 2 },
    first: { lane: 1, lanes: 2 },
    after: { lane: 0, lanes: 1 },
    next: { lane: 0, lanes: 2 },
    across: { lane: 1, lanes: 2 },
  })
})

test('short cases lie below each other where their texts would overlap, and their hours are shown', () => {
  const short = (id: string, time: string) => {
    const [startsAt, endsAt] = [at(time), at(time) + 15 * minuteMs].map((ms) => new Date(ms).toISOString())
    const milestones: Case['milestones'] = []
    return { id, startsAt, endsAt, expectedEndsAt: endsAt, minutes: 15, turnoverMinutes: 10, milestones } as Case
  }
  const cases = [short('a', '14:00'), short('b', '14:25'), short('c', '14:50'), short('d', '15:45')]
  expect(Object.fromEntries(lanesOf(cases, now, workday))).toEqual({
    a: { lane: 0, lanes: 3, until: at('15:45') },
    b: { lane: 1, lanes: 3, until: workday.to },
    c: { lane: 2, lanes: 3, until: workday.to },
    // The text of the first one has ended.
    d: { lane: 0, lanes: 3, until: workday.to },
  })
  expect(shownSpan({ ...none, cases }, monday, zone, now)).toEqual({ from: at('08:00'), to: at('18:00') })
})

test('a day on which the clocks change has 25 hours', () => {
  const always = { ...room, hours: [{ weekday: 7, from: '00:00', to: '24:00' }] }
  const span = shownSpan({ ...none, rooms: [always] }, '2026-10-25', zone, now)
  expect(hoursOf(span)).toHaveLength(25)
  expect(span.from).toBe(startOfDay('2026-10-25', zone))
})

test('a room is closed before, between and after its opening times', () => {
  const shown = { from: at('07:00'), to: at('18:00') }
  expect(closedSpans(openSpans(room, monday, zone), shown)).toEqual([
    { from: at('07:00'), to: at('07:30') },
    { from: at('12:00'), to: at('13:00') },
    { from: at('17:30'), to: at('18:00') },
  ])
  expect(closedSpans(openSpans(room, '2026-11-25', zone), shown)).toEqual([shown])
  expect(closedSpans(openSpans({ ...room, hours: null }, monday, zone), shown)).toEqual([])
})

test('what is outside of the shown hours is cut off', () => {
  const shown = { from: at('08:00'), to: at('16:00') }
  expect(placed({ from: at('07:00'), to: at('10:00') }, shown)).toEqual({ start: '0.0000%', size: '25.0000%' })
  expect(placed({ from: at('16:00'), to: at('17:00') }, shown)).toBeNull()
})

test('times are snapped to five minutes', () => {
  expect(snapped(at('08:02'))).toBe(at('08:00'))
  expect(snapped(at('08:08'), 15)).toBe(at('08:15'))
})

test('hours that do not fit begin an hour before now, or shortly before what comes first', () => {
  const shown = { from: at('00:00'), to: at('16:00') }
  expect(firstInSight(none, shown, at('10:00'))).toBe(at('09:00'))
  expect(firstInSight(none, shown, at('10:40'))).toBe(at('09:00'))
  expect(firstInSight(none, shown, at('00:20'))).toBe(at('00:00'))
  const tomorrow = at('10:00', '2026-11-24')
  expect(firstInSight(none, shown, tomorrow)).toBe(at('00:00'))
  const blocks = [{ from: '2026-11-23T07:00:00Z' } as Block]
  expect(firstInSight({ ...none, blocks }, shown, tomorrow)).toBe(at('08:00'))
  const endsAt = '2026-11-23T07:00:00Z'
  const times = { startsAt: '2026-11-23T06:00:00Z', endsAt, expectedEndsAt: endsAt, minutes: 60 }
  const cases = [{ ...times, milestones: [] as Case['milestones'] } as Case]
  expect(firstInSight({ blocks, cases }, shown, tomorrow)).toBe(at('07:00'))
})
