import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { serveBookings } from './bookings.ts'
import { serveClinicDesk } from './clinic-desk.ts'
import { serveClinics } from './clinics.ts'
import { serveDoctors } from './doctors.ts'
import { serveMe } from './me.ts'
import { serveMembers } from './members.ts'
import type { RestDeps } from './rest-deps.ts'
import { serveSlots } from './slots.ts'
import { serveVideoRooms } from './video-rooms.ts'

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
