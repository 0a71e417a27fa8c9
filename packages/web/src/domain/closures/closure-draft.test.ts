import { expect, test } from 'vitest'
import { draftOf, newDraft, requestOf } from './closure-draft.ts'

const draft = { ...newDraft('2026-12-24', ''), to: '2026-12-26' }

test('whole days are sent as days, and some hours as local times', () => {
  const days = { from: '2026-12-24', to: '2026-12-26', yearly: false, note: null }
  expect(requestOf(draft)).toEqual(days)
  expect(requestOf({ ...draft, isWhole: false, doctorId: 'd', note: ' Away ' })).toEqual({
    ...days,
    from: '2026-12-24T08:00',
    to: '2026-12-26T18:00',
    doctorId: 'd',
    note: 'Away',
  })
})

test('a yearly closure is its first day', () => {
  expect(requestOf({ ...draft, yearly: true, isWhole: false })).toMatchObject({ from: '2026-12-24', to: '2026-12-24' })
})

test.for([
  { from: '' },
  { to: '2026-12-23' },
  { to: '2027-12-25' },
  { isWhole: false, to: '2026-12-24', toTime: '08:00' },
  { isWhole: false, toTime: '' },
])('a draft that is no closure is not sent: %o', (part) => expect(requestOf({ ...draft, ...part })).toBeNull())

test('a closure can be entered again as it is', () => {
  const shown = { id: 'c', createdAt: '', isApplied: true, yearly: false, doctorId: 'd', resourceId: null, note: null }
  for (const time of [
    { from: '2026-12-24', to: '2026-12-26' },
    { from: '2026-12-24T10:00', to: '2026-12-26T11:30' },
  ]) {
    expect(requestOf(draftOf({ ...shown, ...time }))).toEqual({ ...time, doctorId: 'd', yearly: false, note: null })
    const ofRoom = { ...shown, ...time, doctorId: null, resourceId: 'r' }
    expect(requestOf(draftOf(ofRoom))).toEqual({ ...time, resourceId: 'r', yearly: false, note: null })
  }
})
