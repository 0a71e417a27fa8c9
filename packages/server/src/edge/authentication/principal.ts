import type { preHandlerHookHandler } from 'fastify'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'

/**
 * The caller of a request. Set by an onRequest hook (authentication.ts) before any hook of a route. Requests with a
 * wrong or expired credential have been refused with 401 by then (an expired cookie on a public GET is ignored, and
 * any of them where the route is `lenient`).
 */
export type Principal =
  | { kind: 'anonymous' }
  /** A manage token, not yet checked against a booking. */
  | { kind: 'manage_token'; token: string }
  | AccountPrincipal

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
  interface FastifyInstance {
    /**
     * The booking limits: by account, and by the patient's e-mail address in the validated body. Bookings on behalf of
     * others are not limited by them.
     */
    limitBooking: preHandlerHookHandler
    /** Only the limit by patient: a hold may get its patient when it is confirmed. */
    limitPatient: preHandlerHookHandler
  }
}
