import type { Case } from '@holdfast/contract/client'
import type { Plan as TrackPlan } from '../../domain/time-grid/plan.ts'

/** A place for a case: while it is dragged, planned by keyboard, or typed in. */
export type Plan = { roomId: string; startsAt: number; minutes: number }

/** Where the case is now. */
export function planOf({ roomId, startsAt, minutes }: Case): Plan {
  return { roomId, startsAt: Date.parse(startsAt), minutes }
}

export function isSamePlan(a: Plan, b: Plan): boolean {
  return a.roomId === b.roomId && a.startsAt === b.startsAt && a.minutes === b.minutes
}

/** A room is a track of the board. */
export function onTrack({ roomId, startsAt, minutes }: Plan): TrackPlan {
  return { trackId: roomId, startsAt, minutes }
}

export function toRoom({ trackId, startsAt, minutes }: TrackPlan): Plan {
  return { roomId: trackId, startsAt, minutes }
}
