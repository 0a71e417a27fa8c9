type RunWhenWoken = {
  /** Runs it now, or again at once if it is running. */
  wake(): void
  /** Resolves when the run has ended. */
  stop(): Promise<void>
}

/** Runs `work` whenever it is woken, once at a time. */
export function runWhenWoken(
  work: (signal: AbortSignal) => Promise<unknown>,
  onFailure: (error: unknown) => void,
): RunWhenWoken {
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | null = null
  let again = false
  const run = async () => {
    do {
      again = false
      await work(signal).catch(onFailure)
    } while (again && !signal.aborted)
    running = null
  }
  return {
    wake() {
      again = true
      if (!signal.aborted) running ??= run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
