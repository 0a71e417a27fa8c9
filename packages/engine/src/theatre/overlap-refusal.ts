import type { AllocationKind } from '@holdfast/vocabulary'
import pg from 'pg'
import { parseTime } from '../database/pools.ts'
import type { CasePlan, CaseRefusal } from '../model/theatre-case.ts'

const exclusionViolation = '23P01'
/** A key of `allocation_no_overlap` in the error's detail: (clinic_no, resource_id, unit_no, during). */
const keyPattern = /\(\d+, ([0-9a-f-]{36}), (\d+), \["([^"]+)","([^"]+)"\)\)/g

/**
 * The backstop of the table. Nothing was written. It may be a hold whose end was set to an earlier time meanwhile, and
 * then another try succeeds; if it stays, it is a bug.
 */
export function isOverlap(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.code === exclusionViolation
}

/** What the backstop has found in the way, as a conflict of the plan that needs it. @throws the error without a key */
export function overlapRefusal(
  error: pg.DatabaseError,
  plans: readonly (CasePlan & { caseId: string })[],
): Extract<CaseRefusal, { kind: 'refused' }> {
  // The key that was to be inserted, and the one that is there.
  const [, resourceId, unit, from, to] = [...(error.detail ?? '').matchAll(keyPattern)].at(-1) ?? []
  const plan = plans.find((one) => resourceId !== undefined && roleOf(one, resourceId) !== 'patient') ?? plans[0]
  if (plan === undefined || resourceId === undefined || from === undefined || to === undefined) throw error
  const role = roleOf(plan, resourceId)
  const units = role === 'equipment' ? { unit: Number(unit), missingUnits: 1 } : { unit: null, missingUnits: null }
  const taken = { role, resourceId, name: null, ...units }
  const during = { from: parseTime(from), to: parseTime(to) }
  const conflict = { kind: 'resource_busy', ...taken, ...during, caseId: null, slotId: null } as const
  return { kind: 'refused', conflicts: [{ ...conflict, ofCaseId: plan.caseId }] }
}

/** A resource that the plan does not name is its patient. */
function roleOf(plan: CasePlan, resourceId: string): AllocationKind {
  if (plan.roomId === resourceId) return 'room'
  if (plan.surgeonId === resourceId) return 'surgeon'
  if (plan.anaesthetistId === resourceId) return 'anaesthetist'
  if (plan.staffIds.includes(resourceId)) return 'staff'
  return plan.equipment.some(({ equipmentId }) => equipmentId === resourceId) ? 'equipment' : 'patient'
}
