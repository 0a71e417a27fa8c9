import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, memberRoles, requireOwnCalendar, requireRole } from './access.ts'

/**
 * Somebody with access to the calendar that a slot is in. For admins and staff this takes no query: whether the slot
 * exists, and is a doctor's, is found out by the claim or move that follows.
 */
export async function requireSlot(deps: RestDeps, principal: Principal, slotId: string): Promise<ClinicActor> {
  const actor = requireRole(principal, slotId, memberRoles, () => slotNotFound(slotId))
  return actor.role === 'doctor' ? requireSlotOfDoctor(deps, principal, slotId) : actor
}

/** The same for a slot that exists and is a doctor's: a block of an operating room is withdrawn as a block. */
export async function requireSlotOfDoctor(deps: RestDeps, principal: Principal, slotId: string): Promise<ClinicActor> {
  const actor = requireRole(principal, slotId, memberRoles, () => slotNotFound(slotId))
  const slot = await deps.engine.reads.slot(slotId)
  if (slot === null) throw slotNotFound(slotId)
  requireOwnCalendar(actor, slot.doctorId)
  return actor
}

/** The same for an open session. */
export async function requireSession(deps: RestDeps, principal: Principal, sessionId: string): Promise<ClinicActor> {
  const actor = requireRole(principal, sessionId, memberRoles, () => sessionNotFound(sessionId))
  if (actor.role !== 'doctor') return actor
  const session = await deps.engine.sessions.find(sessionId)
  if (session === null) throw sessionNotFound(sessionId)
  requireOwnCalendar(actor, session.doctorId)
  return actor
}

export function sessionNotFound(sessionId: string): ProblemError {
  return problem('session_not_found', `There is no session ${sessionId}.`)
}

function slotNotFound(slotId: string): ProblemError {
  return problem('slot_not_found', `There is no slot ${slotId}.`)
}
