import type { Urgency } from '@holdfast/contract/client'
import { caseUrgencies } from '@holdfast/vocabulary'
import { searchedDays } from '../../lib/time/searched-days.ts'

/** The urgencies in the order in which they are offered. */
export const urgencies = caseUrgencies.toReversed()

export type BoardSearch = { day?: string; view?: 'week'; caseId?: string }
/** `startsAt`: an instant. */
export type BookCaseSearch = { requestId?: string; roomId?: string; startsAt?: string }
export type RangeSearch = { from?: string; to?: string }
/** The same as the query parameters of `listCaseRequests`. */
export type RequestsSearch = { q?: string; urgency?: Urgency; surgeonId?: string; dueUntil?: string }

type Raw = Record<string, unknown>

export function parseBoardSearch({ view, caseId, ...search }: Raw): BoardSearch {
  return {
    ...searchedDays(search, 'day'),
    ...(view === 'week' ? { view } : {}),
    ...(isId(caseId) ? { caseId } : {}),
  }
}

export function parseBookCaseSearch({ requestId, roomId, startsAt }: Raw): BookCaseSearch {
  return {
    ...(isId(requestId) ? { requestId } : {}),
    ...(isId(roomId) ? { roomId } : {}),
    ...(typeof startsAt === 'string' && !Number.isNaN(Date.parse(startsAt)) ? { startsAt } : {}),
  }
}

export function parseReportSearch(search: Raw): RangeSearch {
  return searchedDays(search, 'from', 'to')
}

export function parseRequestsSearch({ q, urgency, surgeonId, ...search }: Raw): RequestsSearch {
  const wanted = urgencies.find((one) => one === urgency)
  return {
    ...(typeof q === 'string' && q.trim() !== '' && q.length <= 100 ? { q } : {}),
    ...(wanted === undefined ? {} : { urgency: wanted }),
    ...(isId(surgeonId) ? { surgeonId } : {}),
    ...searchedDays(search, 'dueUntil'),
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value)
}
