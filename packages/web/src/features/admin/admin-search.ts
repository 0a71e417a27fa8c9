import type { AuditEvent, BookingStatus, Message, WaitlistEntry } from '@holdfast/contract/client'
import { statusesInOrder } from '../../domain/bookings/status-colors.ts'
import { parseWithdrawalSearch, type WithdrawalSearch } from '../../domain/slots/withdrawal-search.ts'
import { searchedDays } from '../../lib/time/searched-days.ts'

export type RangeSearch = { from?: string; to?: string }
export type DoctorSearch = { doctorId?: string }
export const todayLayouts = ['columns', 'list'] as const
export type TodayLayout = (typeof todayLayouts)[number]
/**
 * `doctors`: the ids of those who are shown, between commas; absent: all. `layout` absent: as was chosen last.
 */
export type TodaySearch = { day?: string; doctors?: string; layout?: TodayLayout }
export type BookingsSearch = RangeSearch &
  DoctorSearch & {
    status?: BookingStatus
    attendance?: 'confirmed' | 'unconfirmed'
    unconfirmed?: true
  }

type AuditKind = AuditEvent['kind']
export type AuditSearch = RangeSearch & { kind?: AuditKind; accountId?: string }

type MessageState = Message['state']
export type MessagesSearch = { state?: MessageState }

/** Absent: `open`, which is waiting or offered. */
export type WaitlistSearch = DoctorSearch & {
  entryStatus?: WaitlistEntry['status'] | 'open' | 'any'
  specialization?: string
}

/** The parameters of addresses. None may have a patient's name or contact: see searched-text.ts. */
type Raw = Record<string, unknown>

export function parseRangeSearch(search: Raw): RangeSearch {
  return searchedDays(search, 'from', 'to')
}

export function parseDoctorSearch({ doctorId }: Raw): DoctorSearch {
  return isText(doctorId) ? { doctorId } : {}
}

/**
 * `at`: the time that is wanted, as an instant; `inSession`: it is in an open session of the doctor. `forBooking`: the
 * booking whose patient gets another one. `patientId`: the record whose patient gets one.
 */
export type BookSearch = DoctorSearch & { at?: string; inSession?: true; forBooking?: string; patientId?: string }

export function parseBookSearch(search: Raw): BookSearch {
  const { at, inSession, forBooking, patientId } = search
  return {
    ...parseDoctorSearch(search),
    ...(isText(at) && Number.isFinite(Date.parse(at)) ? { at } : {}),
    ...(inSession === true ? { inSession } : {}),
    ...(isText(forBooking) ? { forBooking } : {}),
    ...(isText(patientId) ? { patientId } : {}),
  }
}

/** `patientId`: the record whose data is read. `withContacts`: also what has its contacts. */
export type PersonalDataSearch = { patientId?: string; withContacts?: true }

export function parsePersonalDataSearch({ patientId, withContacts }: Raw): PersonalDataSearch {
  return {
    ...(isText(patientId) ? { patientId } : {}),
    ...(withContacts === true ? { withContacts } : {}),
  }
}

/** `forBooking`: the booking that is linked to the new record, and whose patient it is. */
export function parseNewPatientSearch({ forBooking }: Raw): { forBooking?: string } {
  return isText(forBooking) ? { forBooking } : {}
}

/** `all`: the list of clinics, also where there is only one. */
export function parseClinicsSearch({ all }: Raw): { all?: true } {
  return all === true ? { all } : {}
}

/** `add`: opened to add a doctor. */
export function parseDoctorsSearch({ add }: Raw): { add?: true } {
  return add === true ? { add } : {}
}

/** `move`: the page was opened to move the booking. With the days of a withdrawal, its list follows. */
export function parseMoveSearch({ move, ...search }: Raw): WithdrawalSearch & { move?: true } {
  return move === true ? { move, ...parseWithdrawalSearch(search) } : {}
}

export function parseTimesSearch(search: Raw): DoctorSearch & WithdrawalSearch {
  return { ...parseDoctorSearch(search), ...parseWithdrawalSearch(search) }
}

/** `doctorId` is in links of version 0.3.0. */
export function parseTodaySearch(search: Raw): TodaySearch {
  const { doctors = search.doctorId } = search
  const layout = todayLayouts.find((one) => one === search.layout)
  return {
    ...searchedDays(search, 'day'),
    ...(layout === undefined ? {} : { layout }),
    ...(typeof doctors === 'string' && /^[\da-f-]+(,[\da-f-]+)*$/.test(doctors) ? { doctors } : {}),
  }
}

export function parseBookingsSearch(search: Raw): BookingsSearch {
  const status = statusesInOrder.find((one) => one === search.status)
  return {
    ...parseRangeSearch(search),
    ...parseDoctorSearch(search),
    ...(status === undefined ? {} : { status }),
    ...(search.attendance === 'confirmed' || search.attendance === 'unconfirmed'
      ? { attendance: search.attendance }
      : {}),
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
  password_check_failed: true,
  password_link_requested: true,
  password_link_created: true,
  password_reset: true,
  password_reset_failed: true,
  email_confirmed: true,
  email_change_requested: true,
  email_changed: true,
  email_change_undone: true,
  email_change_undo_failed: true,
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
  patient_corrected: true,
  message_sent_again: true,
  case_request_created: true,
  case_request_changed: true,
  case_request_withdrawn: true,
  waitlist_entry_removed: true,
  patients_read: true,
  patient_read: true,
  patient_created: true,
  patient_changed: true,
  patient_linked: true,
  patient_unlinked: true,
  patients_merged: true,
  patients_separated: true,
  overlap_allowed: true,
  clinic_created: true,
  clinic_changed: true,
  limits_changed: true,
  doctor_created: true,
  doctor_changed: true,
  burst_cancelled: true,
  theatre_changed: true,
  data_imported: true,
  log_renumbered: true,
  secret_forgotten: true,
  log_purged: true,
  log_chain_begun: true,
  log_erased: true,
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

const isState: Record<MessageState, true> = { due: true, sent: true, kept: true, failed: true, skipped: true }
export const messageStates = Object.keys(isState) as MessageState[]

export function parseMessagesSearch(search: Raw): MessagesSearch {
  const state = messageStates.find((one) => one === search.state)
  return state === undefined ? {} : { state }
}

export const waitlistStatuses = ['open', 'waiting', 'offered', 'accepted', 'ended', 'any'] as const

export function parseWaitlistSearch(search: Raw): WaitlistSearch {
  const status = waitlistStatuses.find((one) => one === search.entryStatus && one !== 'open')
  const { specialization } = search
  return {
    ...parseDoctorSearch(search),
    ...(status === undefined ? {} : { entryStatus: status }),
    ...(isText(specialization) ? { specialization } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 100
}
