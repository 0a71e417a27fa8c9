/** A place for what is planned: on a track, such as a room or a doctor's day, from a time on. */
export type Plan = { trackId: string; startsAt: number; minutes: number }

export function isSamePlan(a: Plan, b: Plan): boolean {
  return a.trackId === b.trackId && a.startsAt === b.startsAt && a.minutes === b.minutes
}
