import { clinicNoIn, type Role } from '@holdfast/engine'
import type { AccountPrincipal } from '../../accounts/principals.ts'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'

// The rules. Without credentials: 401, whether the thing exists or not. With credentials that give no access to it:
// 404, as for an id that does not exist. With too low a role in the caller's clinic: 403. The clinic number in the id
// decides before any query.

/** Somebody with a role in a clinic; the site administrator has every role in every clinic. */
export type ClinicActor = {
  accountId: string
  clinicNo: number
  role: Role | 'site_administrator'
  /** Role doctor: whose calendar is theirs. */
  doctorId: string | null
}

/** Any credentials; the handler's guard decides which. */
export function requireCredential(principal: Principal): void {
  if (principal.kind === 'anonymous') {
    throw problem('unauthenticated', 'This call needs credentials: send an Authorization header with a bearer token.')
  }
}

/** An account; a manage token is none. */
export function requireAccount(principal: Principal): AccountPrincipal {
  requireCredential(principal)
  if (principal.kind !== 'account') {
    throw problem('unauthenticated', 'This call needs an account: a manage token gives access only to its own booking.')
  }
  return principal
}

export function requireSiteAdministrator(principal: Principal): AccountPrincipal {
  const account = requireAccount(principal)
  if (!account.siteAdministrator) throw problem('forbidden', 'Only the site administrator can do this.')
  return account
}

/** The caller's role in a clinic; null: none, or no account. */
export function actorIn(principal: Principal, clinicNo: number | null): ClinicActor | null {
  if (principal.kind !== 'account' || clinicNo === null) return null
  const { accountId } = principal
  if (principal.siteAdministrator) return { accountId, clinicNo, role: 'site_administrator', doctorId: null }
  const membership = principal.memberships.find((one) => one.clinicNo === clinicNo)
  return membership ? { accountId, clinicNo, role: membership.role, doctorId: membership.doctorId } : null
}

/**
 * One of these roles in the clinic of an id.
 *
 * @param missing the problem of an id that does not exist
 */
export function requireRole(
  principal: Principal,
  id: string,
  allowed: readonly Role[],
  missing: () => ProblemError,
): ClinicActor {
  requireCredential(principal)
  const actor = actorIn(principal, clinicNoIn(id))
  if (actor === null) throw missing()
  if (actor.role !== 'site_administrator' && !allowed.includes(actor.role)) {
    throw problem('forbidden', `Your role in this clinic is ${actor.role}; this needs ${allowed.join(' or ')}.`)
  }
  return actor
}

/** Every role there is. */
export const memberRoles = ['doctor', 'staff', 'admin'] as const satisfies readonly Role[]

/** Doctors have access to their own calendar only, everybody else with a role to every calendar of the clinic. */
export function requireOwnCalendar(actor: ClinicActor, doctorId: string): void {
  if (actor.role === 'doctor' && actor.doctorId !== doctorId) {
    throw problem('forbidden', 'Doctors can manage only their own calendar.')
  }
}
