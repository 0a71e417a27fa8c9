import { parseDay } from '../../lib/local-time.ts'

export type BoardSearch = { day?: string; view?: 'week'; caseId?: string }
/** `startsAt`: an instant. */
export type BookCaseSearch = { requestId?: string; roomId?: string; startsAt?: string }
export type RangeSearch = { from?: string; to?: string }

type Raw = Record<string, unknown>

export function parseBoardSearch({ day, view, caseId }: Raw): BoardSearch {
  const shown = parseDay(day)
  return {
    ...(shown === null ? {} : { day: shown }),
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

export function parseReportSearch({ from, to }: Raw): RangeSearch {
  const [first, last] = [parseDay(from), parseDay(to)]
  return { ...(first === null ? {} : { from: first }), ...(last === null ? {} : { to: last }) }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value)
}
