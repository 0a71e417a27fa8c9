import { clinicNoIn, DatabaseUnavailable } from '@holdfast/engine'
import type { Role } from '@holdfast/vocabulary'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import { notForApiKeys } from '../../edge/authentication/not-for-api-keys.ts'
import type { ApiKeyPrincipal, Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'

// The rules: a request without credentials gets 401, whether the thing exists or not. Credentials that give no access
// to it get 404, as for an id that does not exist. Too low a role in the caller's clinic, or a role without the second
// factor that it needs, gets 403. The clinic number in the id decides before any query.

/** Somebody with a role in a clinic; the site administrator has every role in every clinic. */
export type ClinicActor = {
  kind: 'account' | 'api_key'
  /** The id of the account, or of the API key. */
  accountId: string
  clinicNo: number
  role: Role | 'site_administrator'
  /** Role doctor: whose calendar is theirs. */
  doctorId: string | null
  /** The session was started with a second factor. */
  hasSecondFactor: boolean
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
  if (principal.kind === 'api_key') throw notForApiKeys()
  if (principal.kind !== 'account') {
    throw problem('unauthenticated', 'This call needs an account: a manage token gives access only to its own booking.')
  }
  return principal
}

export function requireSiteAdministrator(principal: Principal): AccountPrincipal {
  const account = requireAccount(principal)
  if (!account.siteAdministrator) throw problem('forbidden', 'Only the site administrator can do this.')
  if (lacksSecondFactor(account, null)) throw secondFactorRequired()
  return account
}

/**
 * The caller's role in a clinic, if they may use it now; null: none, no account, or a second factor is missing.
 *
 * @throws DatabaseUnavailable if the caller's rights in the clinic could not be read
 */
export function actorIn(principal: Principal, clinicNo: number | null): ClinicActor | null {
  if (principal.kind === 'api_key') return clinicNo === principal.clinicNo ? actorOfKey(principal) : null
  if (principal.kind !== 'account' || clinicNo === null || lacksSecondFactor(principal, clinicNo)) return null
  return roleIn(principal, clinicNo)
}

/**
 * Whether the caller has a role in a clinic, or for everything (null: as a site administrator), that needs a second
 * factor, and the session was started without one.
 *
 * @throws DatabaseUnavailable if the caller's rights in the clinic could not be read
 */
export function lacksSecondFactor(principal: Principal, clinicNo: number | null): boolean {
  if (principal.kind !== 'account') return false
  requireRead(principal, clinicNo)
  if (principal.secondFactorAt !== null) return false
  const { siteAdministrator, administrationNeedsSecondFactor: needs, memberships } = principal
  if (siteAdministrator) return needs === 'everywhere' || (clinicNo !== null && needs.includes(clinicNo))
  return memberships.some((one) => one.clinicNo === clinicNo && one.needsSecondFactor)
}

/** Nobody is refused as somebody without a role because a node does not respond. */
function requireRead({ isUnread }: AccountPrincipal, clinicNo: number | null): void {
  if (clinicNo === null || isUnread === undefined || !isUnread(clinicNo)) return
  throw new DatabaseUnavailable("The caller's rights cannot be read.", { outcomeUnknown: false, cause: null })
}

export function secondFactorRequired(): ProblemError {
  return problem(
    'second_factor_required',
    'Your role needs a second factor: set one up on the account page, or sign in with it.',
  )
}

function roleIn(principal: AccountPrincipal, clinicNo: number): ClinicActor | null {
  const { kind, accountId } = principal
  const caller = { kind, accountId, clinicNo, hasSecondFactor: principal.secondFactorAt !== null }
  if (principal.siteAdministrator) return { ...caller, role: 'site_administrator', doctorId: null }
  const membership = principal.memberships.find((one) => one.clinicNo === clinicNo)
  return membership ? { ...caller, role: membership.role, doctorId: membership.doctorId } : null
}

/** A key does not depend on second factors: its secret is long and random, and only an admin creates one. */
function actorOfKey({ kind, id, clinicNo, role }: ApiKeyPrincipal): ClinicActor {
  return { kind, accountId: id, clinicNo, role, doctorId: null, hasSecondFactor: true }
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
  const clinicNo = clinicNoIn(id)
  if (lacksSecondFactor(principal, clinicNo)) throw secondFactorRequired()
  const actor = actorIn(principal, clinicNo)
  if (actor === null) throw missing()
  if (actor.role !== 'site_administrator' && !allowed.includes(actor.role)) {
    throw problem('forbidden', `Your role in this clinic is ${actor.role}; this needs ${allowed.join(' or ')}.`)
  }
  return actor
}

/** The roles that work at the desk: for bookings of patients, cases and the waitlist. */
export const deskRoles = ['staff', 'admin'] as const satisfies readonly Role[]

/** Every role there is. */
export const memberRoles = ['doctor', 'staff', 'admin'] as const satisfies readonly Role[]

/** Doctors have access to their own calendar only, everybody else with a role to every calendar of the clinic. */
export function requireOwnCalendar(actor: ClinicActor, doctorId: string): void {
  if (actor.role === 'doctor' && actor.doctorId !== doctorId) {
    throw problem('forbidden', 'Doctors can manage only their own calendar.')
  }
}
