import { idFloor } from './id.ts'

/** The clocks of servers, by which ids are created, may differ from the database's by a day; beyond it, claims fail. */
const clockToleranceMs = 86_400_000

/** The lowest id that anything created at `at` or later can have: `holdfast.ids_from(at)` in SQL. */
export function idsFrom(at: Date): string {
  return idFloor(new Date(Math.max(0, at.getTime() - clockToleranceMs)))
}

/** The ids of everything created by `at` are lower: `holdfast.ids_until(at)` in SQL. */
export function idsUntil(at: Date): string {
  return idFloor(new Date(at.getTime() + clockToleranceMs))
}
