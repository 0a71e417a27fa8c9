import type { Case, CaseConflict, RuleOverride, Urgency } from '@holdfast/contract/client'
import { isMovable } from './case-state.ts'

/** The rules that can be overridden; the others protect people and equipment from being in two places. */
const softRules = ['outside_hours', 'block_overrun', 'block_owned', 'preferred_equipment'] as const

/** What can be done so that a refused case takes place after all. */
export type ConflictWays = {
  /** To override; an admin may. */
  rules: RuleOverride['rules']
  /** Elective cases that can give way; none: none has to. */
  candidates: Case[]
  /** Those of the candidates that have what the case needs. The others only take minutes of a full block. */
  inTheWay: string[]
}

type Situation = {
  /** Of the day in question. */
  cases: readonly Case[]
  urgency: Urgency
  isAdmin: boolean
}

/** null: nothing can be done but choosing another time, or other people and equipment. */
export function conflictWays(
  conflicts: readonly CaseConflict[],
  { cases, urgency, isAdmin }: Situation,
): ConflictWays | null {
  const rules = softRules.filter((rule) => conflicts.some(({ code }) => code === rule))
  if (rules.length > 0 && !isAdmin) return null
  const hard = conflicts.filter(({ isSoft }) => !isSoft)
  if (hard.length === 0) return rules.length === 0 ? null : { rules, candidates: [], inTheWay: [] }
  // Only what cannot wait displaces others.
  if (urgency === 'elective') return null
  const elective = cases.filter((one) => one.urgency === 'elective' && isMovable(one))
  const electiveIds = new Set(elective.map(({ id }) => id))
  const named = new Set<string>()
  const fullBlocks = new Set<string>()
  for (const { code, caseId, blockId } of hard) {
    if (code === 'resource_busy' && caseId != null && electiveIds.has(caseId)) named.add(caseId)
    else if (code === 'block_full' && blockId !== undefined) fullBlocks.add(blockId)
    else return null
  }
  const candidates = elective.filter(
    ({ id, blockId }) => named.has(id) || (blockId !== null && fullBlocks.has(blockId)),
  )
  return candidates.length === 0 ? null : { rules, candidates, inTheWay: [...named] }
}
