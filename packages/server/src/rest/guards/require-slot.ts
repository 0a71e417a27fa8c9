import type { Principal } from '../../edge/principal.ts'
import { problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, memberRoles, requireOwnCalendar, requireRole } from './access.ts'

/** Somebody with access to the calendar that a slot is in. For admins and staff this takes no query. */
export async function requireSlot(deps: RestDeps, principal: Principal, slotId: string): Promise<ClinicActor> {
  const missing = () => problem('slot_not_found', `There is no slot ${slotId}.`)
  const actor = requireRole(principal, slotId, memberRoles, missing)
  if (actor.role !== 'doctor') return actor
  const slot = await deps.engine.reads.slot(slotId)
  if (slot === null) throw missing()
  requireOwnCalendar(actor, slot.doctorId)
  return actor
}
