import { clinicNoOf, isId, type Role } from '@holdfast/engine'
import type { AccountPrincipal, Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'

// The rules (DESIGN §6): no credential, 401, whether the thing exists or not. A credential that doesn't reach it, 404,
// as for a made-up id. Too low a role in one's own clinic, 403. The clinic number in the id decides before any query.

/** Somebody with a role in a clinic; the site administrator has every role in every clinic. */
export type ClinicActor = {
  accountId: string
  role: Role | 'site_administrator'
  /** role doctor: whose calendar is theirs. */
  doctorId: string | null
}

/** Any credential at all; which, is for the handler to say. */
export function requireCredential(principal: Principal): void {
  if (principal.kind === 'anonymous') {
    throw problem('unauthenticated', 'This call needs credentials: send an Authorization header with a bearer token.')
  }
}

/** An account; a manage token is none. */
export function requireAccount(principal: Principal): AccountPrincipal {
  requireCredential(principal)
  if (principal.kind !== 'account') {
    throw problem('unauthenticated', 'This call is for accounts: a manage token only reaches its own booking.')
  }
  return principal
}

/** The clinic number in an id; null for what cannot be one of ours, and so names nothing. */
export function clinicNoIn(id: string): number | null {
  return isId(id) ? clinicNoOf(id) : null
}

/** The role in a clinic; null: none, or no account. */
export function actorIn(principal: Principal, clinicNo: number | null): ClinicActor | null {
  if (principal.kind !== 'account' || clinicNo === null) return null
  const { accountId } = principal
  if (principal.siteAdministrator) return { accountId, role: 'site_administrator', doctorId: null }
  const membership = principal.memberships.find((one) => one.clinicNo === clinicNo)
  return membership ? { accountId, role: membership.role, doctorId: membership.doctorId } : null
}

/**
 * One of these roles in the clinic of an id.
 *
 * @param missing what a made-up id is answered
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

/** A doctor only touches the own calendar; everybody else with a role, every calendar. */
export function requireOwnCalendar(actor: ClinicActor, doctorId: string): void {
  if (actor.role === 'doctor' && actor.doctorId !== doctorId) {
    throw problem('forbidden', 'A doctor’s role reaches the own calendar only; this needs staff or admin.')
  }
}
