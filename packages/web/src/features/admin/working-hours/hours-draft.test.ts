import { expect, test } from 'vitest'
import {
  bandDraftOf,
  bandsOn,
  breakProblemOf,
  dividedBand,
  draftOf,
  isWritten,
  newBand,
  overlapOf,
  problemOf,
  replacedBy,
  requestOf,
  withKeysOf,
} from './hours-draft.ts'

const draft = (...bands: Partial<ReturnType<typeof newBand>>[]) => ({
  bands: bands.map((band) => ({ ...newBand(), ...band })),
  validFrom: '2027-01-04',
  validUntil: '',
})

test('a row is a session with a grid, or slots with their length and places', () => {
  const night = { weekdays: ['5', '1'], from: '22:30', to: '02:00', kind: 'slots' as const, minutes: 20, capacity: 2 }
  expect(requestOf(draft({ minutes: 15, everyWeeks: '2' }, night))).toEqual({
    validFrom: '2027-01-04',
    bands: [
      {
        weekdays: [1, 2, 3, 4, 5],
        from: '09:00',
        to: '12:00',
        everyWeeks: 2,
        inWeekOf: '2027-01-04',
        gridMinutes: 15,
      },
      { weekdays: [1, 5], from: '22:30', to: '02:00', everyWeeks: 1, slotMinutes: 20, capacity: 2 },
    ],
  })
})

test('what is not shown of hours stays as it was', () => {
  const band = {
    weekdays: [2],
    from: '09:00',
    to: '24:00',
    everyWeeks: 2,
    inWeekOf: '2026-12-28',
    gridMinutes: 5,
    slotMinutes: null,
    capacity: null,
    visitTypeIds: ['a'],
  }
  const shown = { ...draft(), bands: [bandDraftOf(band)] }
  expect(requestOf(shown)?.bands).toEqual([
    {
      weekdays: [2],
      from: '09:00',
      to: '24:00',
      everyWeeks: 2,
      inWeekOf: '2026-12-28',
      gridMinutes: 5,
      visitTypeIds: ['a'],
    },
  ])
})

/** A row with a break. */
const withPause = (from: string, to: string, part: Partial<ReturnType<typeof newBand>> = {}) => {
  return { ...newBand(), ...part, pause: { from, to } }
}

test('a break leaves two rows, which are the same but for their times', () => {
  const day = withPause('12:00', '12:45', { to: '18:00', visitTypeIds: ['a'] })
  const [before, after] = dividedBand(day) ?? []
  expect(before).toEqual({ ...day, to: '12:00', pause: null })
  expect(after).toEqual({ ...day, key: after?.key, from: '12:45', pause: null })
  expect(after?.key).not.toBe(day.key)
  const night = { from: '20:00', to: '02:00' }
  expect(dividedBand(withPause('22:00', '22:30', night))?.map(({ from, to }) => [from, to])).toEqual([
    ['20:00', '22:00'],
    ['22:30', '02:00'],
  ])
  expect(dividedBand(withPause('22:00', '22:30', { ...night, to: '24:00' }))).not.toBeNull()
})

test('a break that is entered counts when the hours are sent, and is named if it is not whole', () => {
  const day = withPause('12:00', '13:00', { to: '18:00' })
  expect(requestOf(draft(day))?.bands.map(({ from, to }) => [from, to])).toEqual([
    ['09:00', '12:00'],
    ['13:00', '18:00'],
  ])
  expect(overlapOf(draft(day, { from: '12:00', to: '13:00' }))).toBeNull()
  expect(overlapOf(draft(day, { from: '12:00', to: '13:30' }))).toMatchObject({ first: 0, second: 1 })
  expect(breakProblemOf(day)).toBeNull()
  const isUnsent = (band: ReturnType<typeof withPause>) => requestOf(draft(band)) === null
  expect(breakProblemOf(withPause('12:00', '', { to: '18:00' }))).toBe('incomplete')
  expect(isUnsent(withPause('12:00', '', { to: '18:00' }))).toBe(true)
  expect(breakProblemOf(withPause('12:00', '19:00', { to: '18:00' }))).toBe('outside')
  expect(isUnsent(withPause('12:00', '19:00', { to: '18:00' }))).toBe(true)
  // 30 minutes are left before it, which is shorter than an appointment.
  expect(problemOf(withPause('09:30', '10:00', { kind: 'slots', minutes: 60 }))).toBe('minutes')
})

test('rows are shown in the fields of the same rows after they were stored', () => {
  const [one, two] = [newBand(), { ...newBand(), from: '14:00', to: '18:00' }]
  const stored = [two, { ...one, inWeekOf: '2027-01-04' }, { ...newBand(), weekdays: ['6'] }].map((band) => {
    return { ...band, key: `stored ${band.from}` }
  })
  expect(withKeysOf([one, two], stored).map(({ key }) => key)).toEqual([two.key, one.key, 'stored 09:00'])
})

test.each([
  ['begins with the row', '09:00', '10:00'],
  ['begins before the row', '08:00', '10:00'],
  ['ends with the row', '11:00', '12:00'],
  ['ends after the row', '11:00', '13:00'],
  ['ends before it begins', '11:00', '10:00'],
  ['has no start', '', '10:00'],
  ['has no end', '10:00', ''],
])('a break that %s divides nothing', (_, from, to) => {
  expect(dividedBand(withPause(from, to))).toBeNull()
  expect(dividedBand(withPause('10:00', '11:00', { from: '' }))).toBeNull()
  expect(dividedBand(withPause('10:00', '11:00', { to: '' }))).toBeNull()
})

test('a break of a night that is not over by midnight divides nothing', () => {
  const night = { from: '20:00', to: '04:00' }
  expect(dividedBand(withPause('23:30', '00:30', night))).toBeNull()
  expect(dividedBand(withPause('01:00', '01:30', night))).toBeNull()
})

test('what is missing or out of range is named, and nothing is sent', () => {
  const problem = (part: Partial<ReturnType<typeof newBand>>) => problemOf({ ...newBand(), ...part })
  expect(problem({})).toBeNull()
  expect(problem({ weekdays: [] })).toBe('weekdays')
  expect(problem({ to: '' })).toBe('times')
  expect(problem({ to: '09:00' })).toBe('times')
  expect(problem({ minutes: 241 })).toBe('minutes')
  expect(problem({ kind: 'slots', minutes: 200 })).toBe('minutes')
  expect(problem({ kind: 'slots', minutes: 20, capacity: '' })).toBe('capacity')
  expect(problem({ everyWeeks: 0 })).toBe('everyWeeks')
  expect(requestOf(draft({ weekdays: [] }))).toBeNull()
  expect(requestOf({ ...draft({}), validUntil: '2027-01-03' })).toBeNull()
  expect(requestOf({ ...draft(), validFrom: '' })).toBeNull()
})

test('rows that overlap are named', () => {
  const overlapping = draft(
    { weekdays: ['7'], from: '22:00', to: '02:00' },
    { weekdays: ['1'], from: '01:00', to: '03:00' },
  )
  expect(overlapOf(overlapping)).toEqual({ first: 0, second: 1, weekday: 1 })
  expect(requestOf(overlapping)).toBeNull()
})

test('rows of one weekday in other weeks do not overlap', () => {
  const [first, second] = [{ everyWeeks: 2 }, { everyWeeks: 2, inWeekOf: '2027-01-11' }]
  expect(overlapOf(draft(first, second))).toBeNull()
  expect(overlapOf(draft(first, { ...second, inWeekOf: '2027-01-18' }))).toMatchObject({ first: 0, second: 1 })
})

test('the form begins with the hours of today, or the next ones, and names those that go', () => {
  const band = { ...newBand(), weekdays: [1], gridMinutes: 10, slotMinutes: null, capacity: null }
  const version = (validFrom: string, validUntil: string | null, from: string) => {
    return { validFrom, validUntil, bands: [{ ...band, everyWeeks: 1, from }] }
  }
  const now = version('2026-01-01', '2026-12-20', '08:00')
  const holiday = version('2026-12-21', '2027-01-03', '09:00')
  const later = version('2027-01-04', null, '10:00')
  const versions = [now, holiday, later]
  const begun = draftOf(versions, '2026-11-30')
  expect(begun).toMatchObject({ bands: [{ from: '08:00' }], validFrom: '2026-11-30', validUntil: '' })
  expect(replacedBy(begun, versions)).toEqual([holiday, later])
  expect(replacedBy({ ...begun, validFrom: '2026-12-21' }, versions)).toEqual([later])
  expect(bandsOn(versions, '2026-12-24')).toMatchObject([{ from: '09:00' }])
  expect(draftOf([now], '2026-11-30').validUntil).toBe('2026-12-20')
  expect(draftOf([later], '2026-11-30')).toMatchObject({ bands: [{ from: '10:00' }], validFrom: '2027-01-04' })
  expect(draftOf([], '2026-11-30')).toMatchObject({ bands: [{ from: '09:00' }], validFrom: '2026-11-30' })
})

test('a change whose response was lost is known by its rows and the next version', () => {
  const begun = { versions: [], version: 3, filledUntil: null, runsOutOn: null }
  const request = requestOf(draft({ everyWeeks: 2 }))
  if (request === null) throw new Error('The rows are not complete.')
  const band = {
    weekdays: [1, 2, 3, 4, 5],
    from: '09:00',
    to: '12:00',
    everyWeeks: 2,
    inWeekOf: '2027-01-04',
    gridMinutes: 10,
    slotMinutes: null,
    capacity: null,
    visitTypeIds: null,
  }
  const written = { validFrom: '2027-01-04', validUntil: null, bands: [band] }
  const isKnown = (part: object, version = 4) =>
    isWritten({ ...request, version: 3 }, begun, { ...begun, version, versions: [{ ...written, ...part }] })
  expect(isKnown({})).toBe(true)
  expect(isKnown({}, 3)).toBe(false)
  expect(isKnown({}, 5)).toBe(false)
  expect(isKnown({ validUntil: '2027-02-01' })).toBe(false)
  expect(isKnown({ validFrom: '2027-01-05' })).toBe(false)
  expect(isKnown({ bands: [{ ...band, to: '13:00' }] })).toBe(false)
})
