/**
 * The pause is `min` after one failed attempt, and twice as long after each further one, at most `max`. `attempts`: at
 * least one.
 */
export function pauseAfter(attempts: number, { min, max }: { min: number; max: number }): number {
  return Math.min(min * 2 ** (attempts - 1), max)
}
