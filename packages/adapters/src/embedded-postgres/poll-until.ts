import { setTimeout as wait } from 'node:timers/promises'

/**
 * Looks every `intervalMs` until `look` answers something other than undefined, at most `limitMs`; then undefined. For
 * what only shows itself in a file or in the process table.
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
