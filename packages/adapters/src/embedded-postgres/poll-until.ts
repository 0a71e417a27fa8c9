import { setTimeout as wait } from 'node:timers/promises'

/**
 * Calls `look` every `intervalMs` until it returns something other than undefined, for at most `limitMs`. For state
 * that can only be seen in a file or in the process table, where there is no event to wait for.
 *
 * @returns undefined after `limitMs`
 */
export async function pollUntil<T>(
  look: () => Promise<T | undefined>,
  limitMs: number,
  intervalMs = 20,
): Promise<T | undefined> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() >= deadline) return undefined
    await wait(intervalMs)
  }
}
