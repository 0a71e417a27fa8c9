import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { serveAuditEvents } from './resources/audit-events.ts'
import { serveBookingLimits } from './resources/booking-limits.ts'
import { serveBookings } from './resources/bookings.ts'
import { serveClinicDesk } from './resources/clinic-desk.ts'
import { serveClinicSecurity } from './resources/clinic-security.ts'
import { serveClinics } from './resources/clinics.ts'
import { serveDoctors } from './resources/doctors.ts'
import { serveInvitations } from './resources/invitations.ts'
import { serveMe } from './resources/me.ts'
import { serveMembers } from './resources/members.ts'
import { serveSlots } from './resources/slots.ts'
import { serveVideoRooms } from './resources/video-rooms.ts'
import type { RestDeps } from './rest-deps.ts'
import { createServe } from './serve.ts'

/**
 * The REST routes of the contract. Register it where only JSON bodies are accepted, the edge's validator checks them,
 * `request.principal` is set, and `app.limitBooking` and `app.limitPatient` exist. Paths are complete (`/api/v1/…`).
 */
export function restRoutes(deps: RestDeps): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    const serve = createServe(app, deps)
    serveClinics(serve, deps)
    serveDoctors(serve, deps)
    serveVideoRooms(serve, deps)
    serveSlots(serve, deps)
    serveBookings(serve, deps)
    serveMe(serve, deps)
    serveMembers(serve, deps)
    serveInvitations(serve, deps)
    serveClinicDesk(serve, deps)
    serveBookingLimits(serve, deps)
    serveClinicSecurity(serve, deps)
    serveAuditEvents(serve, deps)
  }
}
