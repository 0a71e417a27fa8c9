/** A run ends after this many steps, and the next run continues. */
export const stepsMax = 1_000

/**
 * Repeats a step, which is a separate transaction, until it changes fewer rows than its limit: then none are left,
 * except those that others have locked. Ends earlier after {@link stepsMax} steps, or when `signal` is aborted.
 *
 * @param step returns how many rows it has changed
 * @returns how many rows all steps have changed
 */
export async function repeatUntilFewer(
  limit: number,
  step: () => Promise<number>,
  signal?: AbortSignal,
): Promise<number> {
  let total = 0
  for (let steps = 0; steps < stepsMax && signal?.aborted !== true; steps += 1) {
    const count = await step()
    total += count
    if (count < limit) break
  }
  return total
}
