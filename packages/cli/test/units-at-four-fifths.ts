/** What slots for so many appointments offer at a capacity of 0.8: Σ ceil(0.8 n), in whole numbers. */
export function unitsAtFourFifths(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + Math.ceil((count * 4) / 5), 0)
}
