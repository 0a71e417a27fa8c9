import type { Case } from '@holdfast/contract/client'

/** A place for a case: while it is dragged, planned by keyboard, or typed in. */
export type Plan = { roomId: string; startsAt: number; minutes: number }

/** Where the case is now. */
export function planOf({ roomId, startsAt, minutes }: Case): Plan {
  return { roomId, startsAt: Date.parse(startsAt), minutes }
}

export function isSamePlan(a: Plan, b: Plan): boolean {
  return a.roomId === b.roomId && a.startsAt === b.startsAt && a.minutes === b.minutes
}
