import { isDeepStrictEqual } from 'node:util'
import type { Operation, ReschedulingBody, RestrictedField } from '@holdfast/contract'
import { type BookingAccess, type Clinic, clinicNoIn, type ExternalId, type RuleOverride } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { actorIdOf, type Principal } from '../../edge/authentication/principal.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import {
  type ClinicActor,
  deskRoles,
  memberRoles,
  requireOwnCalendar,
  requireRole,
  requireSiteAdministrator,
} from './access.ts'
import { moveTargetOf } from './booking-target.ts'
import { type BookingReach, bookingNotFound, isTokenWith } from './reach-booking.ts'
import { requireOwnSurgeon } from './reach-case.ts'
import { requireCalendar } from './require-calendar.ts'
import { clinicNotFound } from './require-clinic.ts'
import { requireSession, requireSlot } from './require-slot.ts'

type OnBehalfCall = {
  principal: Principal
  body: { onBehalf?: boolean; slotId?: string; sessionId?: string; clinicId?: string }
}
type TimesCall = {
  principal: Principal
  params: { doctorId: string } | { clinicId: string }
  query: { onBehalf: boolean }
}
type InactiveCall = { principal: Principal; query: { clinicId?: string; includeInactive: boolean } }
type DoctorBookingsCall = { query: { doctorId?: string } }
type ClosingCall = { body: { doctorId?: string; resourceId?: string } }
type MoveCall = { principal: Principal; params: { bookingId: string }; body: ReschedulingBody }
type OverrideCall = { body: { override?: RuleOverride } }
type ExternalIdsCall = { principal: Principal; body: { externalIds?: ExternalId[] } }
type TrialCall = { body: { trial?: boolean } }
type PasswordCall = { principal: Principal; request: FastifyRequest; body: { password?: string } }
type SurgeonBodyCall = { body: { surgeonId?: string | null } }
type SurgeonQueryCall = { query: { surgeonId?: string } }
type Guarded = Pick<Operation, 'restrictedField' | 'passwordIf'>
type LinkCall = { principal: Principal; params: { bookingId: string }; body: { manageToken: string } }

/**
 * The check of each field that an operation can declare as restricted, after the check of its access. What it returns
 * replaces the field: the handler's `field`.
 */
export const restrictedFieldGuards = {
  /** The member of the clinic who books or waits for somebody else; null: the caller does so for themselves. */
  'body.onBehalf'(deps: RestDeps, { principal, body }: OnBehalfCall): null | ClinicActor | Promise<ClinicActor> {
    // A key is no patient: what it books, the desk books.
    if (!body.onBehalf && principal.kind !== 'api_key') return null
    if (body.slotId !== undefined) return requireSlot(deps, principal, body.slotId)
    if (body.sessionId !== undefined) return requireSession(deps, principal, body.sessionId)
    return body.clinicId === undefined ? null : requireDesk(principal, body.clinicId)
  },

  /** Whether the times are those for the clinic's people. */
  async 'query.onBehalf'(deps: RestDeps, { principal, params, query }: TimesCall): Promise<boolean> {
    if (query.onBehalf) {
      if ('clinicId' in params) requireDesk(principal, params.clinicId)
      else await requireCalendar(deps, principal, params.doctorId)
    }
    return query.onBehalf
  },

  'query.includeInactive'(_deps: RestDeps, { principal, query }: InactiveCall): boolean {
    const { clinicId, includeInactive } = query
    if (!includeInactive) return false
    if (clinicId === undefined) {
      throw invalidRequest([{ path: '/query/clinicId', message: 'is required together with includeInactive' }])
    }
    requireRole(principal, clinicId, memberRoles, () => clinicNotFound(clinicId))
    return true
  },

  /** The doctor whose bookings are read; null: every doctor's. */
  'query.doctorId'(_deps: RestDeps, { query }: DoctorBookingsCall, { actor }: { actor: ClinicActor }): string | null {
    if (query.doctorId !== undefined) requireOwnCalendar(actor, query.doctorId)
    return actor.role === 'doctor' ? actor.doctorId : (query.doctorId ?? null)
  },

  /** The doctor who is closed; null: the whole clinic, or a room or device. */
  'body.doctorId'(_deps: RestDeps, { body }: ClosingCall, { actor }: { actor: ClinicActor }): string | null {
    const { role, doctorId } = actor
    if (role !== 'doctor') return body.doctorId ?? null
    if (doctorId === null || body.resourceId !== undefined || (body.doctorId ?? doctorId) !== doctorId) {
      throw problem('forbidden', 'Doctors can close only themselves.')
    }
    return doctorId
  },

  /** To what the booking moves: for a doctor, in their own calendar. `sameDoctor`: it must be. */
  async 'body.slotId'(deps: RestDeps, { principal, params, body }: MoveCall, { as }: BookingReach) {
    const target = moveTargetOf(body)
    const isSlot = 'slotId' in target
    const id = isSlot ? target.slotId : target.sessionId
    if (clinicNoIn(id) !== clinicNoIn(params.bookingId)) {
      const [code, what] = isSlot ? (['slot_not_found', 'slot'] as const) : (['session_not_found', 'session'] as const)
      throw problem(code, `There is no ${what} ${id} in the clinic of this booking.`)
    }
    if (as === 'patient') return { target, sameDoctor: false }
    const { role } = await (isSlot ? requireSlot : requireSession)(deps, principal, id)
    return { target, sameDoctor: role === 'doctor' }
  },

  /** The access of the guest whose token proves a link. */
  async 'body.manageToken'(
    deps: RestDeps,
    { principal, params: { bookingId }, body }: LinkCall,
  ): Promise<BookingAccess> {
    const access = await deps.engine.manageTokenEpochs.access(bookingId)
    if (access === null) throw bookingNotFound(bookingId)
    // A retry: the link voided the guest's token that it was made with.
    const isOwn = principal.kind === 'account' && access.accountId === principal.accountId
    const guest = isOwn ? { ...access, accountId: null } : null
    const isValid = [access, guest].some((one) => isTokenWith(deps.manageTokens, one, bookingId, body.manageToken))
    if (!isValid) throw bookingNotFound(bookingId)
    return { accountId: null, tokenEpoch: access.epoch }
  },

  /** The rules that an admin overrides; null: none. */
  'body.override'(_deps: RestDeps, { body }: OverrideCall, { actor }: { actor: ClinicActor }): RuleOverride | null {
    if (body.override === undefined) return null
    if (actor.role === 'admin' || actor.role === 'site_administrator') return body.override
    throw problem('forbidden', `Your role in this clinic is ${actor.role}; only admins can override rules.`)
  },

  /** The new external ids of a clinic, which no other one has; undefined: they do not change. */
  'body.externalIds'(
    _deps: RestDeps,
    { principal, body: { externalIds } }: ExternalIdsCall,
    { clinic }: { clinic: Clinic },
  ): ExternalId[] | undefined {
    // A program may send back what it has read.
    if (externalIds === undefined || isDeepStrictEqual(externalIds, clinic.externalIds)) return undefined
    requireSiteAdministrator(principal)
    return externalIds
  },

  /** Whether a plan is tried out. */
  'body.trial'(_deps: RestDeps, { body }: TrialCall, { actor }: { actor: ClinicActor }): boolean {
    if (body.trial !== true) return false
    if (actor.role === 'admin' || actor.role === 'site_administrator') return true
    throw problem('forbidden', `Your role in this clinic is ${actor.role}; only admins can try out a plan.`)
  },

  /**
   * Somebody who finds a browser that is signed in gets nothing that outlives the session: no role for another account,
   * no secret, and no URL to which events are sent. A key has no password; whoever created it had to prove it.
   */
  async 'body.password'(
    { audit, requireRecentSignIn }: RestDeps,
    { principal, request, body }: PasswordCall,
  ): Promise<null> {
    if (principal.kind === 'api_key') return null
    try {
      await requireRecentSignIn(request, body.password)
      return null
    } catch (error) {
      const actorId = actorIdOf(request.principal)
      if (request.hasGuessedPassword) {
        audit.record({ kind: 'password_check_failed', actorId, network: networkPrefix(request.ip) })
      }
      throw error
    }
  },

  /** The surgeon; undefined: none was named. */
  'body.surgeonId': (_deps: RestDeps, { body }: SurgeonBodyCall, { actor }: { actor: ClinicActor }) =>
    requireOwnSurgeon(actor, body.surgeonId),

  'query.surgeonId': (_deps: RestDeps, { query }: SurgeonQueryCall, { actor }: { actor: ClinicActor }) =>
    requireOwnSurgeon(actor, query.surgeonId),
} satisfies Record<RestrictedField, (deps: RestDeps, call: never, granted: never) => unknown>

/** Whether a body needs the guard of its operation: with `passwordIf`, only some bodies need the password. */
export function needsFieldGuard({ restrictedField, passwordIf }: Guarded, body: unknown): boolean {
  if (restrictedField !== 'body.password' || passwordIf === undefined) return true
  const value = (body as Record<string, unknown>)[passwordIf.field]
  return passwordIf.is === undefined ? value !== undefined : value === passwordIf.is
}

function requireDesk(principal: Principal, clinicId: string): ClinicActor {
  return requireRole(principal, clinicId, deskRoles, () => clinicNotFound(clinicId))
}

export type RestrictedFieldGuards = typeof restrictedFieldGuards
