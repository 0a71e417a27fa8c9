import { restOperations } from '@holdfast/contract'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import { lacksSecondFactor } from '../guards/access.ts'
import { bookingBodiesOfClinics } from '../responses/booking-bodies.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

/** The caller's own account and bookings. */
export function serveMe(serve: Serve, deps: RestDeps): void {
  serve(restOperations.getMe, ({ granted }) => ({ status: 200, body: meBody(granted) }))

  serve(restOperations.whoAmI, ({ granted }) => ({
    status: 200,
    body: { account: granted.kind === 'account' ? meBody(granted) : null },
    headers: { 'cache-control': 'no-store' },
  }))

  serve(restOperations.listMyBookings, async ({ query, granted: { accountId } }) => {
    const { status = null, from = null, to = null, limit, cursor = null } = query
    if (from !== null && to !== null) requireDays(from, to, Number.POSITIVE_INFINITY)
    const page = await deps.engine.reads.bookingsOfAccount({ accountId, status, from, to, limit, cursor })
    return { status: 200, body: { items: await bookingBodiesOfClinics(deps, page.items), nextCursor: page.nextCursor } }
  })
}

function meBody(account: AccountPrincipal) {
  const { accountId: id, email, name, siteAdministrator } = account
  const memberships = account.memberships.map(({ clinicNo, clinicId, role, doctorId }) => ({
    clinicId,
    role,
    doctorId,
    lacksSecondFactor: lacksSecondFactor(account, clinicNo),
  }))
  return {
    id,
    email,
    name,
    siteAdministrator,
    lacksSecondFactor: lacksSecondFactor(account, null),
    memberships,
    ...(account.isUnread === undefined ? {} : { incomplete: true as const }),
  }
}
