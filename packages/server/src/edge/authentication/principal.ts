import type { OpenApiKey } from '@holdfast/engine'
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
  | ApiKeyPrincipal

/** Another program, which calls for a clinic. */
export type ApiKeyPrincipal = OpenApiKey & {
  kind: 'api_key'
  /** With which rights it does what its scopes allow: see require-scope.ts. */
  role: 'staff' | 'admin'
}

/** Whom the security log and the history of bookings name; null: nobody who is known. */
export function actorIdOf(principal: Principal): string | null {
  if (principal.kind === 'account') return principal.accountId
  return principal.kind === 'api_key' ? principal.id : null
}

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
