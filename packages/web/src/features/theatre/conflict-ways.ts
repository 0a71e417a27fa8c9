import type { Case, CaseConflict, RuleOverride } from '@holdfast/contract/client'
import { softRules } from '@holdfast/vocabulary'

/** What can be done so that a refused case takes place after all. */
export type ConflictWays = {
  /** The rules to override; an admin may. */
  rules: RuleOverride['rules']
  /** Cases that have what the case needs, and that the server lets give way; none: none has to. */
  candidates: Case[]
  /** Those of them that suffice, without one that the others make unnecessary: the server bumps no such case. */
  sufficientIds: string[]
}

/** Something that is missing: a room, a person, or so many units of a kind of equipment. */
type Need = {
  missing: number
  /** The cases that have one of it, for each: one is free if all of these give way. */
  holders: string[][]
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
  const needs = needsOf(hard, whoGiveWay)
  const sufficient = new Set<string>()
  for (const need of needs) {
    if (!addCases(sufficient, need)) return null
  }
  // What was chosen for one need may be unnecessary by what was chosen for a later one.
  for (const id of [...sufficient]) {
    sufficient.delete(id)
    if (!needs.every((need) => isMet(need, sufficient))) sufficient.add(id)
  }
  const bumpable = new Set(hard.flatMap(whoGiveWay))
  const candidates = cases.filter(({ id }) => bumpable.has(id))
  return { rules, candidates, sufficientIds: candidates.map(({ id }) => id).filter((id) => sufficient.has(id)) }
}

function needsOf(hard: readonly CaseConflict[], whoGiveWay: (conflict: CaseConflict) => string[]): Need[] {
  const units = Map.groupBy(hard.filter(isOfUnit), ({ resourceId }) => resourceId)
  return [
    ...hard.filter((one) => !isOfUnit(one)).map((one) => ({ missing: 1, holders: [whoGiveWay(one)] })),
    ...[...units.values()].map((ofKind) => ({
      missing: ofKind[0]?.missingUnits ?? 0,
      // Several cases may have one unit, one after the other. What has no number is a unit besides.
      holders: [...Map.groupBy(ofKind, (one) => one.unit ?? one).values()].map((ofUnit) =>
        ofUnit.every((one) => whoGiveWay(one).length > 0) ? ofUnit.flatMap(whoGiveWay) : [],
      ),
    })),
  ].map(({ missing, holders }) => ({ missing, holders: holders.filter((ids) => ids.length > 0) }))
}

function isOfUnit({ missingUnits }: CaseConflict): boolean {
  return typeof missingUnits === 'number'
}

function isMet({ missing, holders }: Need, bumped: ReadonlySet<string>): boolean {
  return holders.filter((ids) => ids.every((id) => bumped.has(id))).length >= missing
}

/** Adds the cases that have as much as is missing, the fewest first. @returns whether there are any */
function addCases(sufficient: Set<string>, { missing, holders }: Need): boolean {
  let free = holders
  for (let left = missing; left > 0; left -= 1) {
    const more = (ids: string[]) => ids.filter((id) => !sufficient.has(id)).length
    const [next, ...rest] = free.toSorted((one, other) => more(one) - more(other))
    if (next === undefined) return false
    for (const id of next) sufficient.add(id)
    free = rest
  }
  return true
}
