import { expect, test } from 'vitest'
import { parseBoardSearch, parseBookCaseSearch, parseReportSearch, parseRequestsSearch } from './theatre-search.ts'

const id = '0190c1d2-0000-7000-8000-000000000001'

test('what a link to the board says is read, and nonsense is ignored', () => {
  expect(parseBoardSearch({ day: '2026-11-23', view: 'week', caseId: id })).toEqual({
    day: '2026-11-23',
    view: 'week',
    caseId: id,
  })
  expect(parseBoardSearch({ day: '2026-13-01', view: 'year', caseId: '../x' })).toEqual({})
})

test('a link to book has a room, an instant and a request', () => {
  const search = { requestId: id, roomId: id, startsAt: '2026-11-23T09:00:00Z' }
  expect(parseBookCaseSearch(search)).toEqual(search)
  expect(parseBookCaseSearch({ requestId: 1, roomId: '', startsAt: 'soon' })).toEqual({})
})

test('a link to the report has two days', () => {
  expect(parseReportSearch({ from: '2026-11-01', to: '2026-11-30' })).toEqual({ from: '2026-11-01', to: '2026-11-30' })
  expect(parseReportSearch({ from: 'x' })).toEqual({})
})

test('a link to the waitlist has an urgency, a surgeon and a day, and no name', () => {
  const search = { urgency: 'urgent', surgeonId: id, dueUntil: '2026-11-23' }
  expect(parseRequestsSearch({ ...search, q: 'Ada' })).toEqual(search)
  expect(parseRequestsSearch({ urgency: 'soon', surgeonId: 'x', dueUntil: '1' })).toEqual({})
})
