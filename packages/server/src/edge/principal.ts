import type { Membership } from '@holdfast/engine'
import type { preHandlerHookHandler } from 'fastify'

/**
 * Who asks. Set on every request by the edge's onRequest hook, before any route's own: a credential that was sent and
 * is wrong or expired has been answered 401 by then (a stale cookie on a public GET counts as none).
 */
export type Principal =
  | { kind: 'anonymous' }
  /** A bearer token of the manage kind, not yet checked against a booking. */
  | { kind: 'manage_token'; token: string }
  | AccountPrincipal

export type AccountPrincipal = {
  kind: 'account'
  accountId: string
  email: string
  name: string
  siteAdministrator: boolean
  memberships: Membership[]
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
  interface FastifyInstance {
    /** The booking limits: by account, and by the patient's e-mail in the (already validated) body. */
    limitBooking: preHandlerHookHandler
    /** The latter alone: a hold may be told only at its confirmation for whom it is. */
    limitPatient: preHandlerHookHandler
  }
}
