import pRetry from 'p-retry'

/**
 * Repeats `work` every `delayMs` until it succeeds or `signal` is aborted: then it resolves, too. p-retry would give up
 * on a TypeError, as a bug; here one failure must not end the service for good.
 */
export async function retryUntilStopped(
  work: () => Promise<void>,
  { delayMs, signal, onFailure }: { delayMs: number; signal: AbortSignal; onFailure?: (error: unknown) => void },
): Promise<void> {
  const attempt = () =>
    work().catch((error: unknown) => {
      onFailure?.(error)
      throw new Error('The attempt failed.', { cause: error })
    })
  const options = { retries: Number.POSITIVE_INFINITY, minTimeout: delayMs, factor: 1, signal }
  await pRetry(attempt, options).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
