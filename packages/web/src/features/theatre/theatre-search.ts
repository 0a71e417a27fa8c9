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
/** In addresses: without what is searched for, which may be a patient's name (searched-text.ts). */
export type RequestsSearch = { urgency?: Urgency; surgeonId?: string; dueUntil?: string }
export type RequestsFilters = RequestsSearch & { q?: string }

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

export function parseRequestsSearch({ urgency, surgeonId, ...search }: Raw): RequestsSearch {
  const wanted = urgencies.find((one) => one === urgency)
  return {
    ...(wanted === undefined ? {} : { urgency: wanted }),
    ...(isId(surgeonId) ? { surgeonId } : {}),
    ...searchedDays(search, 'dueUntil'),
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value)
}
