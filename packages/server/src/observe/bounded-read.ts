import pTimeout from 'p-timeout'

/** Prometheus gives up a process that does not respond within ten seconds. */
const readMs = 3_000

/**
 * Waits {@link readMs} for `read`, which does not end by that. One reading runs at a time: who wants the same meanwhile
 * waits for it, so that slow ones do not pile up. @returns null: it failed, or it takes longer
 */
export function boundedRead<Value>(
  read: () => Promise<Value>,
  onFailure: (error: unknown) => void,
): () => Promise<Value | null> {
  let running: Promise<Value> | null = null
  return async () => {
    running ??= read().finally(() => {
      running = null
    })
    return pTimeout(running, { milliseconds: readMs }).catch((error: unknown) => {
      onFailure(error)
      return null
    })
  }
}
