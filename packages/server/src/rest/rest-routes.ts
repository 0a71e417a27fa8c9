import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { validatorCompiler } from '../edge/validator.ts'
import { serveBookings } from './bookings.ts'
import { serveClinicDesk } from './clinic-desk.ts'
import { serveClinics } from './clinics.ts'
import { serveDoctors } from './doctors.ts'
import { serveMe } from './me.ts'
import { serveMembers } from './members.ts'
import type { RestDeps } from './rest-deps.ts'
import { serveSlots } from './slots.ts'

/**
 * The REST routes of the contract, with their own reading of bodies: JSON and nothing else. Register it where
 * `request.principal` is set and `app.limitBooking` exists; its paths are whole (`/api/v1/…`).
 */
export function restRoutes(deps: RestDeps): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    readJsonOnly(app)
    app.setValidatorCompiler(validatorCompiler())
    serveClinics(app, deps)
    serveDoctors(app, deps)
    serveSlots(app, deps)
    serveBookings(app, deps)
    serveMe(app, deps)
    serveMembers(app, deps)
    serveClinicDesk(app, deps)
  }
}

/** An announced but empty JSON body counts as none: many clients always send the header. */
function readJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parseJson(request, String(body), done)
  })
}
