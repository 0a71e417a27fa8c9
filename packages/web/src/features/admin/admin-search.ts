import type { AuditEvent, BookingStatus } from '@holdfast/contract/client'
import { statusesInOrder } from '../../domain/bookings/status-colors.ts'
import { parseDay } from '../../lib/local-time.ts'

export type RangeSearch = { from?: string; to?: string }
export type DoctorSearch = { doctorId?: string }
export type DayListSearch = DoctorSearch & { day?: string }
export type BookingsSearch = RangeSearch & DoctorSearch & { q?: string; status?: BookingStatus; unconfirmed?: true }

type AuditKind = AuditEvent['kind']
export type AuditSearch = RangeSearch & { kind?: AuditKind; accountId?: string }

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

/** The compiler checks that none is missing. */
const isKind: Record<AuditKind, true> = {
  sign_up: true,
  sign_in: true,
  sign_in_failed: true,
  sign_in_delayed: true,
  sign_out: true,
  sessions_ended: true,
  token_issued: true,
  password_changed: true,
  password_change_failed: true,
  password_link_created: true,
  password_reset: true,
  password_reset_failed: true,
  second_factor_asked: true,
  second_factor_changed: true,
  second_factor_failed: true,
  invitation_created: true,
  invitation_revoked: true,
  role_granted: true,
  role_changed: true,
  role_removed: true,
  site_administrator_granted: true,
  denied: true,
  bookings_read: true,
  booking_read: true,
  data_exported: true,
  patients_erased: true,
  clinic_created: true,
  clinic_changed: true,
  limits_changed: true,
  doctor_created: true,
  doctor_changed: true,
  burst_cancelled: true,
  data_imported: true,
  log_renumbered: true,
  secret_forgotten: true,
}
export const auditKinds = Object.keys(isKind) as AuditKind[]

export function parseAuditSearch(search: Raw): AuditSearch {
  const kind = auditKinds.find((one) => one === search.kind)
  return {
    ...parseRangeSearch(search),
    ...(kind === undefined ? {} : { kind }),
    ...(isText(search.accountId) ? { accountId: search.accountId } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 100
}
