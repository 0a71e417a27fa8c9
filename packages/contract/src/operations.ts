import { accountOperations } from './operations/accounts.ts'
import { auditEventOperations } from './operations/audit-events.ts'
import { bookingLimitsOperations } from './operations/booking-limits.ts'
import { bookingOperations } from './operations/bookings.ts'
import { clinicDeskOperations } from './operations/clinic-desk.ts'
import { clinicSecurityOperations } from './operations/clinic-security.ts'
import { clinicOperations } from './operations/clinics.ts'
import { doctorOperations } from './operations/doctors.ts'
import { invitationOperations } from './operations/invitations.ts'
import { meOperations } from './operations/me.ts'
import type { Operation } from './operations/operation.ts'
import { secondFactorOperations } from './operations/second-factors.ts'
import { slotOperations } from './operations/slots.ts'

/** Every operation that the REST routes serve, by its id. */
export const restOperations = {
  ...clinicOperations,
  ...doctorOperations,
  ...slotOperations,
  ...bookingOperations,
  ...meOperations,
  ...clinicDeskOperations,
  ...invitationOperations,
  ...bookingLimitsOperations,
  ...clinicSecurityOperations,
  ...auditEventOperations,
}

export { secondFactorOperations }

/** Every documented operation: those of the REST routes and of accounts. */
export const operations: Operation[] = [
  ...Object.values(restOperations),
  ...Object.values(accountOperations),
  ...Object.values(secondFactorOperations),
]
