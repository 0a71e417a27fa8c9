import type { Case, CaseConflict, RuleOverride } from '@holdfast/contract/client'
import { softRules } from '@holdfast/vocabulary'

/** What can be done so that a refused case takes place after all. */
export type ConflictWays = {
  /** The rules to override; an admin may. */
  rules: RuleOverride['rules']
  /** Cases that have what the case needs, and that the server lets give way; none: none has to. */
  candidates: Case[]
  /** Those of them that suffice: of equipment, no more units than are missing. */
  sufficientIds: string[]
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
  if (hard.length === 0) return rules.length === 0 ? null : { rules, candidates: [], sufficientIds: [] }
  const shown = new Set(cases.map(({ id }) => id))
  const whoGiveWay = ({ bumpableCaseIds = [] }: CaseConflict) => bumpableCaseIds.filter((id) => shown.has(id))
  const [units, others] = [hard.filter(isOfUnit), hard.filter((one) => !isOfUnit(one))]
  const sufficient = new Set(others.flatMap(whoGiveWay))
  if (others.some((one) => whoGiveWay(one).length === 0)) return null
  for (const ofKind of Map.groupBy(units, ({ resourceId }) => resourceId).values()) {
    if (!addUnits(sufficient, ofKind, whoGiveWay)) return null
  }
  const bumpable = new Set(hard.flatMap(whoGiveWay))
  const candidates = cases.filter(({ id }) => bumpable.has(id))
  return { rules, candidates, sufficientIds: candidates.map(({ id }) => id).filter((id) => sufficient.has(id)) }
}

function isOfUnit({ unit, missingUnits }: CaseConflict): boolean {
  return typeof unit === 'number' && typeof missingUnits === 'number'
}

/** Adds the cases that have as many units of a kind as are missing, the fewest first. @returns whether there are any */
function addUnits(
  sufficient: Set<string>,
  ofKind: readonly CaseConflict[],
  whoGiveWay: (conflict: CaseConflict) => string[],
): boolean {
  // Several cases may have one unit, one after the other.
  let free = [...Map.groupBy(ofKind, ({ unit }) => unit).values()]
    .filter((ofUnit) => ofUnit.every((one) => whoGiveWay(one).length > 0))
    .map((ofUnit) => ofUnit.flatMap(whoGiveWay))
  for (let missing = ofKind[0]?.missingUnits ?? 0; missing > 0; missing -= 1) {
    const more = (ids: string[]) => ids.filter((id) => !sufficient.has(id)).length
    const [next, ...rest] = free.toSorted((one, other) => more(one) - more(other))
    if (next === undefined) return false
    for (const id of next) sufficient.add(id)
    free = rest
  }
  return true
}
