import type { Me, Problem } from '@holdfast/contract/client'
import type { Role } from '@holdfast/vocabulary'
import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { RefusedError } from '../api/api-error.ts'
import { meQuery } from './session.ts'

/** For a route's `beforeLoad`: the signed-in account. Redirects guests to sign in, and back afterwards. */
export async function requireMe(queryClient: QueryClient, href: string): Promise<Me> {
  const me = await queryClient.ensureQueryData(meQuery)
  if (me === null) throw redirect({ to: '/sign-in', search: { to: href } })
  return me
}

/**
 * The page that an account starts with: of its clinics, its own calendar, or its bookings. `/clinic` leads to the only
 * clinic of an account. A site administrator, for whom it lists all clinics, may be at home in one of them.
 */
export function homeOf({ siteAdministrator, memberships }: Me): `/clinic${string}` | '/my-day' | '/my-bookings' {
  const [only, second] = memberships.filter(({ role }) => role !== 'doctor')
  if (siteAdministrator && only !== undefined && second === undefined) return `/clinic/${only.clinicId}`
  if (siteAdministrator || memberships.some(({ role }) => role !== 'doctor')) return '/clinic'
  return memberships.some(({ doctorId }) => doctorId !== null) ? '/my-day' : '/my-bookings'
}

/** An account's role in a clinic; null if it has none. A site administrator is an admin everywhere. */
export function roleIn(me: Me, clinicId: string): Role | null {
  if (me.siteAdministrator) return 'admin'
  return me.memberships.find((membership) => membership.clinicId === clinicId)?.role ?? null
}

/** Whether the account's role in a clinic needs a second factor that this session does not have. */
export function lacksSecondFactor(me: Me, clinicId: string): boolean {
  const membership = me.memberships.find((one) => one.clinicId === clinicId)
  return me.siteAdministrator ? me.lacksSecondFactor : (membership?.lacksSecondFactor ?? false)
}

/** The error that the API would respond with. */
export function forbidden(): RefusedError {
  const problem: Problem = {
    type: 'urn:holdfast:problem:forbidden',
    title: 'Your rights do not allow this',
    status: 403,
    detail: 'This page is for other roles.',
    code: 'forbidden',
  }
  return new RefusedError(problem)
}
