/** What a case takes of a kind of equipment. Times are milliseconds since 1970, the end is with reprocessing. */
export type EquipmentUse = { by: string; from: number; to: number; units: number }

/**
 * When as many units as a case needs are free for as long as it takes them, `from` at the earliest. Units are alike:
 * which of them a case was given does not count. `by`: the case that releases the last of them; null: all are free at
 * `from`.
 *
 * @param units how many there are
 */
export function whenFree(
  uses: readonly EquipmentUse[],
  units: number,
  { needed, from, lengthMs }: { needed: number; from: number; lengthMs: number },
): { at: number; by: string | null } {
  const inUseMax = Math.max(0, units - needed)
  const isFree = (at: number) => inUseAtMost(uses, at, at + lengthMs) <= inUseMax
  if (isFree(from)) return { at: from, by: null }
  const ends = uses.filter(({ to }) => to > from).sort((earlier, later) => earlier.to - later.to)
  const release = ends.find(({ to }) => isFree(to))
  return release === undefined ? { at: from, by: null } : { at: release.to, by: release.by }
}

/** The most units that are in use at one time of a range. */
function inUseAtMost(uses: readonly EquipmentUse[], from: number, to: number): number {
  const during = uses.filter((use) => use.from < to && use.to > from)
  const starts = during.map((use) => Math.max(use.from, from))
  return Math.max(
    0,
    ...starts.map((at) => during.reduce((sum, use) => (use.from <= at && use.to > at ? sum + use.units : sum), 0)),
  )
}
