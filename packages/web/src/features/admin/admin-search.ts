import type { BookingStatus } from '@holdfast/contract/client'
import { statusesInOrder } from '../../domain/bookings/status-colors.ts'
import { parseDay } from '../../lib/local-time.ts'

export type RangeSearch = { from?: string; to?: string }
export type DoctorSearch = { doctorId?: string }
export type DayListSearch = DoctorSearch & { day?: string }
export type BookingsSearch = RangeSearch & DoctorSearch & { q?: string; status?: BookingStatus; unconfirmed?: true }

type Raw = Record<string, unknown>

export function parseRangeSearch({ from, to }: Raw): RangeSearch {
  const [first, last] = [parseDay(from), parseDay(to)]
  return { ...(first === null ? {} : { from: first }), ...(last === null ? {} : { to: last }) }
}

export function parseDoctorSearch({ doctorId }: Raw): DoctorSearch {
  return isText(doctorId) ? { doctorId } : {}
}

/** `move`: opened to move the booking. */
export function parseMoveSearch({ move }: Raw): { move?: true } {
  return move === true ? { move } : {}
}

export function parseDayListSearch(search: Raw): DayListSearch {
  const day = parseDay(search.day)
  return { ...parseDoctorSearch(search), ...(day === null ? {} : { day }) }
}

export function parseBookingsSearch(search: Raw): BookingsSearch {
  const status = statusesInOrder.find((one) => one === search.status)
  return {
    ...parseRangeSearch(search),
    ...parseDoctorSearch(search),
    ...(isText(search.q) ? { q: search.q } : {}),
    ...(status === undefined ? {} : { status }),
    ...(search.unconfirmed === true ? { unconfirmed: true } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 100
}
