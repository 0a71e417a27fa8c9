import { type BookingAccess, clinicNoIn, type TokenRenewal, type WaitlistEntry } from '@holdfast/engine'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { SentKey } from '../sent-key.ts'
import { actorIn, type ClinicActor, lacksSecondFactor, requireCredential, secondFactorRequired } from './access.ts'
import { accessByTokenWith, accessOfMember, renewalByBearer, renewalKeyOf } from './reach-booking.ts'

/** How the caller has access to an entry of a waitlist. */
export type WaitlistEntryReach = {
  entry: WaitlistEntry
  /** With what a write compares again, under the entry's lock, whether the caller may make it. */
  access: BookingAccess | null
} & (
  | { as: 'bearer'; actorId: null }
  | { as: 'account'; actorId: string }
  | { as: 'desk'; actorId: string; actor: ClinicActor }
)

/**
 * Access to an entry: the bearer of its manage token, its account, the clinic's staff and admins, and the doctor whom
 * it waits for. For everybody else it does not exist.
 */
export async function reachWaitlistEntry(
  deps: RestDeps,
  principal: Principal,
  entryId: string,
): Promise<WaitlistEntryReach> {
  requireCredential(principal)
  const clinicNo = clinicNoIn(entryId)
  if (clinicNo === null) throw entryNotFound(entryId)
  if (principal.kind !== 'account' && principal.kind !== 'api_key') {
    const access = principal.kind === 'manage_token' ? await accessByToken(deps, entryId, principal.token) : null
    const entry = access === null ? null : await deps.engine.waitlist.entry(entryId, access)
    if (entry === null || entry.erasedAt !== null) throw entryNotFound(entryId)
    return { as: 'bearer', actorId: null, entry, access }
  }
  const entry = await deps.engine.waitlist.entry(entryId)
  if (entry === null) throw entryNotFound(entryId)
  const actor = actorIn(principal, clinicNo)
  if (actor !== null && (actor.role !== 'doctor' || entry.doctorId === actor.doctorId)) {
    return { as: 'desk', actorId: actor.accountId, actor, entry, access: accessOfMember(actor) }
  }
  if (principal.kind === 'api_key') throw entryNotFound(entryId)
  const { accountId } = principal
  if (entry.accountId === accountId) return { as: 'account', actorId: accountId, entry, access: { accountId } }
  if (lacksSecondFactor(principal, clinicNo)) throw secondFactorRequired()
  throw entryNotFound(entryId)
}

/** The same, for the clinic's people alone. */
export async function reachWaitlistEntryAsDesk(
  deps: RestDeps,
  principal: Principal,
  entryId: string,
): Promise<Extract<WaitlistEntryReach, { as: 'desk' }>> {
  const reach = await reachWaitlistEntry(deps, principal, entryId)
  if (reach.as !== 'desk') throw problem('forbidden', 'Only members of the clinic can do this.')
  return reach
}

/** The same, without the clinic's people: they get no token of a patient. */
export async function reachWaitlistEntryAsPatient(
  deps: RestDeps,
  { principal, params: { entryId }, key }: KeyedCall,
): Promise<TokenRenewal> {
  const renewalKey = renewalKeyOf(key, 'renewWaitlistToken', entryId)
  if (principal.kind === 'manage_token') {
    const access = await deps.engine.manageTokenEpochs.accessToEntry(entryId)
    const { token } = principal
    const renewal = renewalByBearer(deps.manageTokens, access, { id: entryId, token, renewalKey })
    if (renewal === null) throw entryNotFound(entryId)
    return renewal
  }
  const { actorId, entry } = await reachWaitlistEntry(deps, principal, entryId)
  if (entry.accountId === null || entry.accountId !== actorId)
    throw problem('forbidden', 'Only the patient can do this.')
  return { id: entryId, accountId: entry.accountId, epoch: null, renewalKey }
}

type KeyedCall = { principal: Principal; params: { entryId: string }; key: SentKey | null }

/** The access by the manage token of an entry; null: it is not valid. */
async function accessByToken(
  { engine, manageTokens }: RestDeps,
  entryId: string,
  token: string,
): Promise<BookingAccess | null> {
  return accessByTokenWith(manageTokens, await engine.manageTokenEpochs.accessToEntry(entryId), entryId, token)
}

export function entryNotFound(entryId: string): ProblemError {
  return problem('waitlist_entry_not_found', `There is no waitlist entry ${entryId}.`)
}
