import type { Projection } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import { isMovable } from '../case-state.ts'

/** Why a case is at risk by another one. Times are in milliseconds since 1970. */
export type Risk =
  | { kind: 'same_time'; from: number; to: number }
  | { kind: 'takes_until'; until: number }
  | { kind: 'begins_after'; beginsAt: number }
  /** Nothing is known but which of the two goes first. */
  | { kind: 'goes_first' }

/** @param cause the other case, which need not be on the board: it may be of another day */
export function riskOf(
  one: Pick<Case, 'id' | 'startsAt' | 'projectedStartsAt'>,
  projections: ReadonlyMap<string, Pick<Projection, 'startsAt' | 'endsAt'>>,
  cause: { id: string; other: Pick<Case, 'status' | 'milestones' | 'startsAt' | 'endsAt'> | undefined },
): Risk {
  const { other } = cause
  if (other !== undefined && isMovable(other) && Date.parse(other.startsAt) >= Date.parse(one.startsAt)) {
    return { kind: 'same_time', from: Date.parse(other.startsAt), to: Date.parse(other.endsAt) }
  }
  const until = projections.get(cause.id)?.endsAt
  if (until !== undefined) return { kind: 'takes_until', until }
  const projectedStart = one.projectedStartsAt === null ? undefined : Date.parse(one.projectedStartsAt)
  const beginsAt = projections.get(one.id)?.startsAt ?? projectedStart
  return beginsAt === undefined ? { kind: 'goes_first' } : { kind: 'begins_after', beginsAt }
}
