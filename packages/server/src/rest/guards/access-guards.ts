import type { Access } from '@holdfast/contract'
import type { RestDeps } from '../rest-deps.ts'
import type { SentKey } from '../sent-key.ts'
import { deskRoles, memberRoles, requireAccount, requireRole, requireSiteAdministrator } from './access.ts'
import type { GuardedCall } from './guarded-call.ts'
import { reachBooking, reachBookingAsDesk, reachBookingAsPatient, reachBookingToErase } from './reach-booking.ts'
import { reachCase, reachCaseRequest, requireCaseStaff } from './reach-case.ts'
import { reachClosure } from './reach-closure.ts'
import { reachSeries } from './reach-series.ts'
import { reachWaitlistEntry, reachWaitlistEntryAsDesk, reachWaitlistEntryAsPatient } from './reach-waitlist-entry.ts'
import { doctorNotFound, requireCalendar, requireCalendarOwner } from './require-calendar.ts'
import { requireClinic } from './require-clinic.ts'
import { requireSlotOfDoctor } from './require-slot.ts'

type ClinicCall = GuardedCall & ({ params: { clinicId: string } } | { params: undefined; body: { clinicId: string } })
type DoctorCall = GuardedCall & { params: { doctorId: string } }
type CalendarCall = DoctorCall | (GuardedCall & { params: undefined; body: { doctorId: string } })
type SlotCall = GuardedCall & { params: { slotId: string } }
type ClosureCall = GuardedCall & { params: { clinicId: string; closureId: string } }
type CaseCall = GuardedCall & { params: { caseId: string } }
type CaseRequestCall = GuardedCall & { params: { requestId: string } }
type WaitlistEntryCall = GuardedCall & { params: { entryId: string } }
type SeriesCall = GuardedCall & { params: { seriesId: string } }
type BookingCall = GuardedCall & { params: { bookingId: string } }

/**
 * The check of each access that an operation can declare. It throws the refusal, or returns what it found: the
 * handler's `granted`. Checks of public operations return no promise, because most reads wait for nothing.
 */
export const accessGuards = {
  anyone: (_deps: unknown, { principal }: GuardedCall) => principal,
  account: (_deps: unknown, { principal }: GuardedCall) => requireAccount(principal),
  site_administrator: (_deps: RestDeps, { principal }: GuardedCall) => requireSiteAdministrator(principal),
  admin: (deps: RestDeps, call: ClinicCall) => requireClinic(deps, call.principal, clinicIdIn(call), ['admin']),
  doctor_admin: (_deps: RestDeps, { principal, params: { doctorId } }: DoctorCall) =>
    requireRole(principal, doctorId, ['admin'], () => doctorNotFound(doctorId)),
  member: (deps: RestDeps, call: ClinicCall) => requireClinic(deps, call.principal, clinicIdIn(call), memberRoles),
  calendar: (deps: RestDeps, { principal, ...call }: CalendarCall) =>
    requireCalendar(deps, principal, call.params === undefined ? call.body.doctorId : call.params.doctorId),
  calendar_owner: (deps: RestDeps, { principal, params }: DoctorCall) =>
    requireCalendarOwner(deps, principal, params.doctorId),
  slot: (deps: RestDeps, { principal, params }: SlotCall) => requireSlotOfDoctor(deps, principal, params.slotId),
  booking: (deps: RestDeps, { principal, params }: BookingCall) => reachBooking(deps, principal, params.bookingId),
  booking_desk: (deps: RestDeps, { principal, params }: BookingCall) =>
    reachBookingAsDesk(deps, principal, params.bookingId),
  booking_patient: (deps: RestDeps, call: BookingCall & { key: SentKey | null }) => reachBookingAsPatient(deps, call),
  booking_erasure: (deps: RestDeps, call: BookingCall & { key: SentKey | null }) => reachBookingToErase(deps, call),
  booking_series: (deps: RestDeps, { principal, params }: SeriesCall) => reachSeries(deps, principal, params.seriesId),
  clinic_staff: (deps: RestDeps, call: ClinicCall) => requireClinic(deps, call.principal, clinicIdIn(call), deskRoles),
  closure: (deps: RestDeps, { principal, params }: ClosureCall) => reachClosure(deps, principal, params),
  case: (deps: RestDeps, { principal, params }: CaseCall) => reachCase(deps, principal, params.caseId),
  case_staff: (_deps: RestDeps, { principal, params }: CaseCall) => requireCaseStaff(principal, params.caseId),
  case_request: (deps: RestDeps, { principal, params }: CaseRequestCall) =>
    reachCaseRequest(deps, principal, params.requestId),
  waitlist_entry: (deps: RestDeps, { principal, params }: WaitlistEntryCall) =>
    reachWaitlistEntry(deps, principal, params.entryId),
  waitlist_desk: (deps: RestDeps, { principal, params }: WaitlistEntryCall) =>
    reachWaitlistEntryAsDesk(deps, principal, params.entryId),
  waitlist_patient: (deps: RestDeps, call: WaitlistEntryCall & { key: SentKey | null }) =>
    reachWaitlistEntryAsPatient(deps, call),
} satisfies Record<Access, (deps: RestDeps, call: never) => unknown>

export type AccessGuards = typeof accessGuards

function clinicIdIn(call: ClinicCall): string {
  return call.params === undefined ? call.body.clinicId : call.params.clinicId
}
