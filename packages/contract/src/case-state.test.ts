import { describe, expect, test } from 'vitest'
import { caseState, foreseenEnd, projectCases, takenTimes } from './case-state.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const now = Date.parse(at('10:00'))
const ms = (time: string) => Date.parse(at(time))

function aCase(from: string, to: string, change: Partial<Parameters<typeof foreseenEnd>[0]> = {}) {
  const one = { status: 'CONFIRMED', milestones: [], startsAt: at(from), endsAt: at(to), minutes: 60, ...change }
  return { expectedEndsAt: expectedEnd(one), ...one }
}

/** As `expected_end` of the engine, where nobody has said an end. */
function expectedEnd({ endsAt, minutes, milestones }: Omit<Parameters<typeof foreseenEnd>[0], 'expectedEndsAt'>) {
  const began = milestones.find(({ milestone }) => milestone === 'in_room')
  return began === undefined ? endsAt : new Date(Date.parse(began.at) + minutes * 60_000).toISOString()
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
  ['overrunning', aCase('09:00', '09:59', { ...running, minutes: 59 })],
  ['done', aCase('11:00', '12:00', done('09:50'))],
])('a case is %s', (state, one) => {
  expect(caseState(one, now)).toBe(state)
})

test('a running case ends now at the earliest, a late one has its minutes left, and a done one has ended', () => {
  expect(foreseenEnd(aCase('08:00', '09:30', running), now)).toBe(now)
  expect(foreseenEnd(aCase('09:45', '10:45'), now)).toBe(ms('11:00'))
  // It began 40 minutes late, and early: the engine says when it is expected to end.
  for (const expectedEndsAt of [at('10:55'), at('10:05')]) {
    expect(foreseenEnd(aCase('09:15', '10:15', { ...running, expectedEndsAt }), now)).toBe(Date.parse(expectedEndsAt))
  }
  expect(foreseenEnd(aCase('08:00', '09:30', done('09:50')), now)).toBe(ms('09:50'))
  expect(foreseenEnd(aCase('08:00', '09:55', done('09:50')), now)).toBe(ms('09:50'))
  const cleaned = [{ milestone: 'cleaned', at: at('09:40') }]
  expect(foreseenEnd(aCase('08:00', '09:55', { milestones: cleaned }), now)).toBe(ms('09:40'))
  // Over before its planned start.
  expect(foreseenEnd(aCase('11:00', '12:00', done('09:50')), now)).toBe(ms('09:50'))
  expect(foreseenEnd(aCase('11:00', '12:00'), now)).toBe(ms('12:00'))
  for (const status of ['COMPLETED', 'NO_SHOW', 'PENDING']) {
    expect(foreseenEnd(aCase('09:45', '10:45', { status }), now)).toBe(ms('10:45'))
  }
})

test('a case that was over before its planned start was in the room until its patient left', () => {
  const over = listed('over', '11:00', '12:00', { room: 0 }, { status: 'COMPLETED', ...done('09:50') })
  const ended = [{ milestone: 'out_of_room', at: at('09:50') }]
  expect(projections([over])).toEqual([['over', '09:00', '09:50', null]])
  expect(projections([{ ...over, milestones: ended }])).toEqual([['over', '09:50', '09:50', null]])
})

test('what a case takes, it takes as long as the case, with turnover or reprocessing', () => {
  const taken = (one: Parameters<typeof aCase>, kind: string, to: string) => {
    const allocations = [{ kind, resourceId: 'it', unit: 1, from: at(one[0]), to: at(to) }]
    const expected = { ...listed('one', one[0], one[1], {}, { turnoverMinutes: 20, ...one[2] }), allocations }
    return takenTimes(expected, now).find(({ resourceId }) => resourceId === 'it')?.to
  }
  const late: [string, string] = ['09:45', '10:45']
  const planned: [string, string] = ['11:00', '12:00']
  expect(taken(late, 'surgeon', '10:45')).toBe(ms('11:00'))
  expect(taken(late, 'room', '11:05')).toBe(ms('11:20'))
  expect(taken(late, 'equipment', '11:15')).toBe(ms('11:30'))
  expect(taken(planned, 'room', '12:20')).toBe(ms('12:20'))
  const extended = { expectedEndsAt: at('12:30') }
  expect(taken([...planned, extended], 'room', '12:50')).toBe(ms('12:50'))
  // The next case has cut it.
  expect(taken([...planned, extended], 'surgeon', '12:00')).toBe(ms('12:30'))
  // When it is done, the allocation is right, unless the next case has cut it.
  expect(taken(['08:00', '09:30', done('09:40')], 'room', '10:00')).toBe(ms('10:00'))
  expect(taken(['08:00', '09:30', done('09:00')], 'room', '09:20')).toBe(ms('09:20'))
  expect(taken(['08:00', '09:30', done('09:40')], 'room', '09:30')).toBe(ms('09:40'))
})

type Listed = Parameters<typeof projectCases>[0][number]

/** `robot 2`: the second unit of the robot. */
function thing(resourceId: string, to: string) {
  const [name, unit] = resourceId.split(' ')
  if (name === 'robot') return { kind: 'equipment', resourceId: name, unit: Number(unit), from: to, to }
  return { kind: resourceId.startsWith('room') ? 'room' : 'surgeon', resourceId, unit: 1, from: to, to }
}

/** A case that takes each thing until so many minutes after its expected end. */
function listed(id: string, from: string, to: string, things: Record<string, number>, change: Partial<Listed> = {}) {
  const one = aCase(from, to, { minutes: (ms(to) - ms(from)) / 60_000, ...change })
  const endOf = (minutes: number) => new Date(Date.parse(one.expectedEndsAt) + minutes * 60_000).toISOString()
  const allocations = Object.entries(things).map(([resourceId, after]) => thing(resourceId, endOf(after)))
  return {
    ...one,
    id,
    projectedStartsAt: null,
    turnoverMinutes: things.room ?? 0,
    roomId: 'elsewhere',
    surgeonId: id,
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
    allocations,
    ...change,
  }
}

const robots = [{ id: 'robot', units: 2, reprocessingMinutes: 20 }]

function projections(cases: Listed[], at = now, equipment = robots) {
  const time = (instant: number) => new Date(instant).toISOString().slice(11, 16)
  return [...projectCases(cases, equipment, at)].map(([id, { startsAt, endsAt, waitsFor }]) => [
    id,
    time(startsAt),
    time(endsAt),
    waitsFor,
  ])
}

test('a late start passes from case to case, through rooms and people, until a gap takes it up', () => {
  const first = listed(
    'first',
    '09:15',
    '10:15',
    { 'room 1': 0 },
    { ...running, milestones: [{ ...inRoom, at: at('09:40') }] },
  )
  const cases = [
    first,
    listed('second', '10:15', '10:45', { 'room 1': 0 }),
    listed('third', '10:45', '11:15', { 'room 1': 0, surgeon: 0 }),
    // In another room.
    listed('fourth', '11:20', '11:50', { 'room 2': 0, surgeon: 0 }),
    listed('fifth', '12:00', '12:30', { 'room 1': 0, surgeon: 0 }),
    listed('apart', '10:15', '10:45', { 'room 3': 0 }),
  ]
  const expected = [
    ['first', '09:40', '10:40', null],
    ['second', '10:40', '11:10', 'first'],
    ['apart', '10:15', '10:45', null],
    ['third', '11:10', '11:40', 'second'],
    ['fourth', '11:40', '12:10', 'third'],
    ['fifth', '12:10', '12:40', 'fourth'],
  ]
  expect(projections(cases)).toEqual(expected)
  // In any order of the list.
  expect(projections(cases.toReversed()).sort()).toEqual(expected.toSorted())
})

test('the turnover of a room counts, also after an extended case and a hold', () => {
  const extended = listed('extended', '10:30', '11:00', { room: 20 })
  const held = listed('held', '11:20', '11:50', { room: 20 }, { status: 'PENDING' })
  const next = listed('next', '12:15', '12:45', { room: 20 })
  expect(projections([extended, held, next])).toEqual([
    ['extended', '10:30', '11:00', null],
    ['held', '11:20', '11:50', null],
    ['next', '12:15', '12:45', null],
  ])
  // Its allocation ends where the next case begins, before the room is cleaned.
  expect(projections([{ ...extended, expectedEndsAt: at('11:15') }, held, next])).toEqual([
    ['extended', '10:30', '11:15', null],
    ['held', '11:35', '12:05', 'extended'],
    ['next', '12:25', '12:55', 'held'],
  ])
})

test('a late case waits for the running one, and one that was done or is not awaited delays nobody', () => {
  const overrunning = listed('running', '08:00', '09:30', { room: 0 }, running)
  const next = listed('next', '09:40', '10:10', { room: 0 })
  expect(projections([overrunning, next])).toEqual([
    ['running', '09:00', '10:30', null],
    ['next', '10:30', '11:00', 'running'],
  ])
  for (const change of [done('09:50'), { status: 'NO_SHOW' }, { status: 'COMPLETED' }]) {
    const over = listed('over', '08:00', '09:30', { room: 0 }, change)
    const [, after] = projections([over, next])
    expect(after).toEqual(['next', '10:00', '10:30', null])
  }
  // Its room is being cleaned.
  const cleaning = listed('over', '08:00', '09:30', { room: 0 }, done('09:50'))
  cleaning.turnoverMinutes = 15
  expect(projections([cleaning, next])[1]).toEqual(['next', '10:05', '10:35', 'over'])
})

test('of two cases that delay a case, the one that does it longer is named', () => {
  const first = listed('first', '09:30', '10:30', { room: 0 })
  const second = listed('second', '09:30', '11:00', { 'robot 1': 0, surgeon: 0 })
  const both = listed('both', '11:00', '12:00', { room: 0, surgeon: 0, 'robot 1': 0 })
  const robot = [{ id: 'robot', units: 1, reprocessingMinutes: 0 }]
  expect(projections([first, second, both], now, robot)[2]).toEqual(['both', '11:30', '12:30', 'second'])
  const longer = { ...first, expectedEndsAt: at('12:00') }
  expect(projections([longer, second, both], now, robot)[2]).toEqual(['both', '12:00', '13:00', 'first'])
})

test('who was relieved in a case that is late is not late for the next one, and who came is', () => {
  const people = { kind: 'anaesthetist', unit: 1, from: at('08:00'), to: at('09:30') }
  const allocations = ['ito', 'berg'].map((resourceId) => ({ ...people, resourceId }))
  const late = listed('late', '08:00', '09:30', {}, { ...running, anaesthetistId: 'berg', allocations })
  const next = (id: string) =>
    listed(id, '10:00', '10:30', {}, { anaesthetistId: id, allocations: [{ ...people, resourceId: id }] })
  expect(projections([late, next('ito'), next('berg')]).slice(1)).toEqual([
    ['ito', '10:00', '10:30', null],
    ['berg', '10:30', '11:00', 'late'],
  ])
  // Nor does a case that has not begun, after a mistaken start, wait for a person who has left it.
  const undone = listed('undone', '10:00', '10:30', {}, { anaesthetistId: 'berg', allocations })
  const other = listed('other', '08:00', '09:30', {}, { ...running, anaesthetistId: 'ito' })
  other.allocations = [{ ...people, resourceId: 'ito', to: at('10:30') }]
  expect(projections([other, undone])[1]).toEqual(['undone', '10:00', '10:30', null])
})

test('what the server projects from cases that the reader does not see counts, and two at the same time do not', () => {
  const own = listed('own', '11:00', '12:00', { room: 0 }, { projectedStartsAt: at('11:20') })
  expect(projections([own, listed('same', '11:00', '12:00', { room: 0 })])).toEqual([
    ['own', '11:20', '12:20', null],
    ['same', '11:00', '12:00', null],
  ])
})

test('a case that has begun goes before those that have not, whatever was planned', () => {
  const late = listed('late', '09:00', '09:50', { room: 0 })
  const emergency = listed('emergency', '10:00', '11:30', { room: 0, surgeon: 0 })
  const behind = listed('behind', '11:40', '12:10', { room: 0 })
  expect(projections([late, emergency, behind])).toEqual([
    ['late', '10:00', '10:50', null],
    ['emergency', '10:50', '12:20', 'late'],
    ['behind', '12:20', '12:50', 'emergency'],
  ])
  const inRoomNow = { status: 'ARRIVED', milestones: [{ milestone: 'in_room', at: at('10:00') }] }
  const begun = { ...emergency, ...inRoomNow }
  expect(projections([late, begun, behind])).toEqual([
    ['emergency', '10:00', '11:30', null],
    ['late', '11:30', '12:20', 'emergency'],
    ['behind', '12:20', '12:50', 'late'],
  ])
  // By its surgeon, from another room.
  const ofSurgeon = listed('of surgeon', '09:40', '09:55', { 'room 2': 0, surgeon: 0 })
  expect(projections([ofSurgeon, begun])[1]).toEqual(['of surgeon', '11:30', '11:45', 'emergency'])
  // Until the room is cleaned.
  const over = { ...begun, ...done('10:00'), roomId: 'room', turnoverMinutes: 20, allocations: [] }
  expect(projections([late, over])[1]).toEqual(['late', '10:20', '11:10', 'emergency'])
})

test('the second case of a list that begins first takes its minutes from then on, unless it was extended', () => {
  const first = listed('first', '09:50', '10:50', { room: 0 })
  const second = (change: Partial<Listed>) =>
    listed('second', '11:00', '12:00', { room: 20 }, { ...running, ...change })
  const third = listed('third', '12:20', '12:50', { room: 0 })
  const later = { milestones: [{ milestone: 'in_room', at: at('09:40') }] }
  expect(projections([first, second(later), third])).toEqual([
    ['second', '09:40', '10:40', null],
    ['first', '11:00', '12:00', 'second'],
    ['third', '12:20', '12:50', null],
  ])
  // It should be over.
  expect(projections([first, second({})])[1]).toEqual(['first', '10:20', '11:20', 'second'])
  const extended = second({ ...later, expectedEndsAt: at('12:10') })
  expect(projections([first, extended])[1]).toEqual(['first', '12:30', '13:30', 'second'])
})

test('what was released before now delays nobody, also not a hold of the past', () => {
  const forgotten = listed('forgotten', '08:00', '08:30', { room: 0 }, { startsAt: '2026-11-22T21:00:00Z' })
  const extended = { ...forgotten, expectedEndsAt: at('09:00') }
  const held = listed('held', '08:40', '09:10', { room: 0 }, { status: 'PENDING' })
  expect(projections([extended, held])[1]).toEqual(['held', '08:40', '09:10', null])
  expect(projections([{ ...extended, expectedEndsAt: at('10:00') }, held])[1]).toEqual([
    'held',
    '10:00',
    '10:30',
    'forgotten',
  ])
})

test('what has not begun after half a day waits for nobody', () => {
  const forgotten = listed('forgotten', '09:00', '09:30', { room: 0 }, { startsAt: '2026-11-22T21:00:00Z' })
  const begun = listed('begun', '10:00', '11:00', { room: 0 }, running)
  expect(projections([forgotten, begun])).toContainEqual(['forgotten', '21:00', '09:30', null])
})

describe('of a kind of equipment, a case waits only if all units are in use', () => {
  const overrunning = listed('running', '08:00', '09:30', { 'robot 1': 20 }, running)
  const next = listed('next', '10:00', '10:30', { 'robot 1': 20 })

  test('whichever unit it was given', () => {
    expect(projections([overrunning, next])[1]).toEqual(['next', '10:00', '10:30', null])
    const other = listed('other', '09:45', '11:00', { 'robot 2': 20 })
    expect(projections([overrunning, other, next])).toEqual([
      ['running', '09:00', '10:30', null],
      ['other', '10:00', '11:15', null],
      ['next', '10:50', '11:20', 'running'],
    ])
    const oneRobot = [{ id: 'robot', units: 1, reprocessingMinutes: 20 }]
    expect(projections([overrunning, next], now, oneRobot)[1]).toEqual(['next', '10:50', '11:20', 'running'])
  })

  test('as many as it needs', () => {
    const both = listed('both', '10:00', '10:30', { 'robot 1': 20, 'robot 2': 20 })
    expect(projections([overrunning, both])[1]).toEqual(['both', '10:50', '11:20', 'running'])
  })

  test('of two cases at one time, the second one', () => {
    const same = listed('same', '10:00', '10:30', { 'robot 2': 20 })
    expect(projections([overrunning, next, same])).toEqual([
      ['running', '09:00', '10:30', null],
      ['next', '10:00', '10:30', null],
      ['same', '10:50', '11:20', 'running'],
    ])
  })

  test('as long as it takes them: a delayed case leaves its unit to shorter ones until it begins', () => {
    const room = listed('room', '08:00', '09:30', { 'room 1': 0 }, { ...running, minutes: 180 })
    const delayed = listed('delayed', '09:40', '10:40', { 'room 1': 0, 'robot 1': 20 })
    const short = listed('short', '10:10', '11:10', { 'robot 2': 20 })
    const long = listed('long', '10:20', '12:20', { 'robot 1': 20 })
    expect(projections([room, delayed, short, long])).toEqual([
      ['room', '09:00', '12:00', null],
      ['delayed', '12:00', '13:00', 'room'],
      ['short', '10:10', '11:10', null],
      ['long', '10:20', '12:20', null],
    ])
    const oneRobot = [{ id: 'robot', units: 1, reprocessingMinutes: 20 }]
    expect(projections([room, delayed, short], now, oneRobot)[2]).toEqual(['short', '10:10', '11:10', null])
    expect(projections([room, delayed, long], now, oneRobot)[2]).toEqual(['long', '13:20', '15:20', 'delayed'])
  })

  test('until they are reprocessed, also if the next case has the unit by then', () => {
    const extended = listed('extended', '10:10', '10:40', { 'robot 1': 20 }, { expectedEndsAt: at('11:00') })
    const cut = { ...extended, allocations: [thing('robot 1', at('11:00'))] }
    const after = listed('after', '11:00', '11:30', { 'robot 1': 0, 'robot 2': 0 })
    expect(projections([cut, after])[1]).toEqual(['after', '11:20', '11:50', 'extended'])
    const over = listed('over', '08:00', '09:30', { 'robot 1': 0 }, done('09:50'))
    const soon = listed('soon', '10:00', '10:30', { 'robot 1': 0, 'robot 2': 0 })
    expect(projections([over, soon])[1]).toEqual(['soon', '10:10', '10:40', 'over'])
  })

  test('of those that there are: not of one that was removed, nor of what is not known', () => {
    const removed = { ...overrunning, allocations: [thing('robot 3', at('09:50'))] }
    const both = listed('both', '10:00', '10:30', { 'robot 1': 20, 'robot 2': 20 })
    expect(projections([removed, both])[1]).toEqual(['both', '10:00', '10:30', null])
    const third = listed('third', '10:05', '10:35', { 'robot 3': 20 })
    expect(projections([both, third])[1]).toEqual(['third', '10:50', '11:20', 'both'])
    expect(projections([both, third], now, [])[1]).toEqual(['third', '10:05', '10:35', null])
  })
})

test('a case is not projected to begin while its room is cleaned after one that is done', () => {
  const over = listed('over', '08:00', '09:30', { room: 0 }, { ...done('09:50'), turnoverMinutes: 20 })
  const next = listed('next', '10:00', '10:30', { room: 0 })
  expect(projections([over, next])[1]).toEqual(['next', '10:10', '10:40', 'over'])
  const cleaned = { ...over, milestones: [...over.milestones, { milestone: 'cleaned', at: at('09:55') }] }
  expect(projections([cleaned, next])[1]).toEqual(['next', '10:00', '10:30', null])
})

describe('a case whose patient has left is needed after that, also without an allocation', () => {
  const early = { roomId: 'room', turnoverMinutes: 20, equipment: [{ equipmentId: 'robot', units: 2 }] }
  const overtaking = listed('over', '11:00', '12:00', {}, { ...done('09:55'), ...early })

  test('its room is cleaned, and its equipment is reprocessed', () => {
    const inRoom = listed('in room', '10:00', '10:30', { room: 0 })
    expect(projections([overtaking, inRoom])).toContainEqual(['in room', '10:15', '10:45', 'over'])
    const withRobot = listed('with robot', '10:00', '10:30', { 'robot 1': 0 })
    expect(projections([overtaking, withRobot])).toContainEqual(['with robot', '10:15', '10:45', 'over'])
    const oneUnit = { ...overtaking, equipment: [{ equipmentId: 'robot', units: 1 }] }
    expect(projections([oneUnit, withRobot])).toContainEqual(['with robot', '10:00', '10:30', null])
  })

  test('and who came late to a case that is not over is there until its end', () => {
    const running = { milestones: [{ milestone: 'in_room', at: at('09:30') }], status: 'ARRIVED', staffIds: ['ada'] }
    const late = listed('running', '08:30', '09:20', {}, running)
    const next = listed('next', '10:05', '10:30', { ada: 0 })
    expect(projections([late, next])[1]).toEqual(['next', '10:20', '10:45', 'running'])
  })
})
