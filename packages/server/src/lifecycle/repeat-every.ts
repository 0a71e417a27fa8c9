import { setTimeout as delay } from 'node:timers/promises'
import pTimeout from 'p-timeout'

export type Repeated = {
  /** Runs it now, or again at once if it is running. */
  wake(): void
  /** Resolves when the last run has ended, or after six seconds. */
  stop(): Promise<void>
}

const stopMsMax = 6_000

/**
 * Runs `work` again and again, `everyMs` after its last end.
 *
 * @param onFailure called with the first of several failures in a row
 */
export function repeatEvery(
  work: (signal: AbortSignal) => Promise<unknown>,
  { everyMs, onFailure }: { everyMs: number; onFailure: (error: unknown) => void },
): Repeated {
  const stopping = new AbortController()
  const { signal } = stopping
  let waking = new AbortController()
  const pause = () => delay(everyMs, undefined, { signal: AbortSignal.any([signal, waking.signal]) })

  async function repeat(): Promise<void> {
    let isFailing = false
    while (!signal.aborted) {
      waking = new AbortController()
      try {
        await work(signal)
        isFailing = false
      } catch (error) {
        if (!isFailing) onFailure(error)
        isFailing = true
      }
      await pause().catch(() => undefined)
    }
  }

  const running = repeat()
  return {
    wake: () => waking.abort(),
    async stop() {
      stopping.abort()
      await pTimeout(running, { milliseconds: stopMsMax, message: false })
    },
  }
}
