/** After one failed attempt `min`, after each further one twice as long, at most `max`. `attempts`: at least one. */
export function pauseAfter(attempts: number, { min, max }: { min: number; max: number }): number {
  return Math.min(min * 2 ** (attempts - 1), max)
}
