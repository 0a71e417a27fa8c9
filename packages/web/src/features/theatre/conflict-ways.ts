import type { Case, CaseConflict, RuleOverride } from '@holdfast/contract/client'
import { softRules } from '@holdfast/vocabulary'

/** What can be done so that a refused case takes place after all. */
export type ConflictWays = {
  /** The rules to override; an admin may. */
  rules: RuleOverride['rules']
  /** Cases that have what the case needs, and that the server lets give way; none: none has to. */
  candidates: Case[]
}

type Situation = {
  /** The cases of the day in question. */
  cases: readonly Case[]
  isAdmin: boolean
}

/** null: nothing can be done but choosing another time, or other people and equipment. */
export function conflictWays(conflicts: readonly CaseConflict[], { cases, isAdmin }: Situation): ConflictWays | null {
  const rules = softRules.filter((rule) => conflicts.some(({ code }) => code === rule))
  if (rules.length > 0 && !isAdmin) return null
  const hard = conflicts.filter(({ isSoft }) => !isSoft)
  if (hard.length === 0) return rules.length === 0 ? null : { rules, candidates: [] }
  const ids = new Set(cases.map(({ id }) => id))
  const bumpableIds = new Set<string>()
  for (const { bumpableCaseIds = [] } of hard) {
    const shown = bumpableCaseIds.filter((id) => ids.has(id))
    if (shown.length === 0) return null
    for (const id of shown) bumpableIds.add(id)
  }
  return { rules, candidates: cases.filter(({ id }) => bumpableIds.has(id)) }
}
