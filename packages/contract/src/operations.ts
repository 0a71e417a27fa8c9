import { accountOperations } from './operations/accounts.ts'
import { apiKeyOperations } from './operations/api-keys.ts'
import { auditEventOperations } from './operations/audit-events.ts'
import { bookingLimitsOperations } from './operations/booking-limits.ts'
import { bookingMoveOperations } from './operations/booking-moves.ts'
import { bookingSeriesOperations } from './operations/booking-series.ts'
import { bookingOperations } from './operations/bookings.ts'
import { busyCalendarOperations } from './operations/busy-calendars.ts'
import { calendarFeedOperations } from './operations/calendar-feeds.ts'
import { clinicDeskOperations } from './operations/clinic-desk.ts'
import { clinicLogoOperations } from './operations/clinic-logos.ts'
import { clinicSecurityOperations } from './operations/clinic-security.ts'
import { clinicOperations } from './operations/clinics.ts'
import { closureOperations } from './operations/closures.ts'
import { doctorOperations } from './operations/doctors.ts'
import { erasureOperations } from './operations/erasures.ts'
import { healthOperations } from './operations/health.ts'
import { invitationOperations } from './operations/invitations.ts'
import { meOperations } from './operations/me.ts'
import { messageOperations } from './operations/messages.ts'
import type { Operation } from './operations/operation.ts'
import { patientOperations } from './operations/patients.ts'
import { proofOperations } from './operations/proof.ts'
import { secondFactorOperations } from './operations/second-factors.ts'
import { sessionOperations } from './operations/sessions.ts'
import { slotOperations } from './operations/slots.ts'
import { theatreCaseOperations } from './operations/theatre-cases.ts'
import { theatrePlanningOperations } from './operations/theatre-planning.ts'
import { theatreResourceOperations } from './operations/theatre-resources.ts'
import { visitResourceOperations } from './operations/visit-resources.ts'
import { visitTypeOperations } from './operations/visit-types.ts'
import { waitlistOperations } from './operations/waitlist.ts'
import { webhookOperations } from './operations/webhooks.ts'
import { workingHoursOperations } from './operations/working-hours.ts'

/** Every operation that the REST routes serve, by its id. */
export const restOperations = {
  ...clinicOperations,
  ...clinicLogoOperations,
  ...doctorOperations,
  ...visitTypeOperations,
  ...visitResourceOperations,
  ...slotOperations,
  ...sessionOperations,
  ...workingHoursOperations,
  ...bookingOperations,
  ...bookingMoveOperations,
  ...bookingSeriesOperations,
  ...meOperations,
  ...clinicDeskOperations,
  ...erasureOperations,
  ...patientOperations,
  ...invitationOperations,
  ...bookingLimitsOperations,
  ...messageOperations,
  ...clinicSecurityOperations,
  ...auditEventOperations,
  ...proofOperations,
  ...healthOperations,
  ...theatreResourceOperations,
  ...theatreCaseOperations,
  ...theatrePlanningOperations,
  ...waitlistOperations,
  ...webhookOperations,
  ...apiKeyOperations,
  ...calendarFeedOperations,
  ...busyCalendarOperations,
  ...closureOperations,
}

export { accountOperations, secondFactorOperations }

/** Every documented operation: those of the REST routes and of accounts. */
export const operations: Operation[] = [
  ...Object.values(restOperations),
  ...Object.values(accountOperations),
  ...Object.values(secondFactorOperations),
]
