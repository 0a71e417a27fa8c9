import { restOperations } from '@holdfast/contract'
import type { FastifyInstance } from 'fastify'
import { answeredBookings } from '../answers/answered-bookings.ts'
import { requireAccount } from '../guards/access.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'
import { requireDays } from './local-days.ts'

/** What an account may know of itself. */
export function serveMe(app: FastifyInstance, deps: RestDeps): void {
  serve(app, restOperations.getMe, async ({ principal }) => {
    const { accountId, email, name, siteAdministrator, memberships } = requireAccount(principal)
    const roles = memberships.map(({ clinicId, role, doctorId }) => ({ clinicId, role, doctorId }))
    return { status: 200, body: { id: accountId, email, name, siteAdministrator, memberships: roles } }
  })

  serve(app, restOperations.listMyBookings, async ({ query, principal }) => {
    const { accountId } = requireAccount(principal)
    const { status = null, from = null, to = null, limit, cursor = null } = query
    if (from !== null && to !== null) requireDays(from, to, Number.POSITIVE_INFINITY)
    const page = await deps.engine.reads.bookingsOfAccount({ accountId, status, from, to, limit, cursor })
    return { status: 200, body: { items: await answeredBookings(deps, page.items), nextCursor: page.nextCursor } }
  })
}
