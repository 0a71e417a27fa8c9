import type { Me, Problem } from '@holdfast/contract/client'
import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { RefusedError } from './api-error.ts'
import { meQuery, type Role } from './session.ts'

/** For a route's `beforeLoad`: who is signed in; whoever isn't goes to sign in, and comes back here. */
export async function requireMe(queryClient: QueryClient, href: string): Promise<Me> {
  const me = await queryClient.ensureQueryData(meQuery)
  if (me === null) throw redirect({ to: '/sign-in', search: { to: href } })
  return me
}

/** What an account may do in a clinic; a site administrator is admin everywhere. null: nothing that others may not. */
export function roleIn(me: Me, clinicId: string): Role | null {
  if (me.siteAdministrator) return 'admin'
  return me.memberships.find((membership) => membership.clinicId === clinicId)?.role ?? null
}

/** The same refusal that the API would answer, before it is asked. */
export function forbidden(): RefusedError {
  const problem: Problem = {
    type: 'urn:holdfast:problem:forbidden',
    title: 'Your role does not allow this',
    status: 403,
    detail: 'This page is for other roles.',
    code: 'forbidden',
  }
  return new RefusedError(problem)
}
