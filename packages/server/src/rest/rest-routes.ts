import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { serveBookings } from './resources/bookings.ts'
import { serveClinicDesk } from './resources/clinic-desk.ts'
import { serveClinics } from './resources/clinics.ts'
import { serveDoctors } from './resources/doctors.ts'
import { serveMe } from './resources/me.ts'
import { serveMembers } from './resources/members.ts'
import { serveSlots } from './resources/slots.ts'
import { serveVideoRooms } from './resources/video-rooms.ts'
import type { RestDeps } from './rest-deps.ts'

/**
 * The REST routes of the contract. Register it where bodies are JSON only, the validator of the edge checks them,
 * `request.principal` is set and `app.limitBooking` exists. Its paths are whole (`/api/v1/…`).
 */
export function restRoutes(deps: RestDeps): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    app.decorate('keptAnswers', deps.engine.answers)
    // A database that is known to be away refuses writes at once; reads may still know an answer.
    app.addHook('onRequest', async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') deps.freshness.breaker.check()
    })
    serveClinics(app, deps)
    serveDoctors(app, deps)
    serveVideoRooms(app, deps)
    serveSlots(app, deps)
    serveBookings(app, deps)
    serveMe(app, deps)
    serveMembers(app, deps)
    serveClinicDesk(app, deps)
  }
}
