import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The channel on which processes notify each other of commits; the payload is the sender's name. */
export const wakeChannel = 'holdfast_log'

const retryMsMax = 5_000

/**
 * Listens on a separate connection, and calls `wake` for each notification that is not from `ownName`. When the
 * connection is lost it reconnects, and then calls `wake` once for what it may have missed. Resolves when `signal` is
 * aborted.
 */
export async function listenForWakes(
  url: string,
  ownName: string | null,
  wake: () => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'holdfast tail',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    })
    try {
      const lost = new Promise<void>((resolve) => {
        client.once('end', resolve)
        client.on('error', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      client.on('notification', ({ payload }) => {
        if (payload !== ownName) wake()
      })
      await client.connect()
      await client.query(`listen ${wakeChannel}`)
      failures = 0
      wake()
      await lost
    } catch {
      failures += 1
    }
    await client.end().catch(() => undefined)
    const pause = Math.min(100 * 2 ** failures, retryMsMax) * (0.5 + Math.random() / 2)
    if (!signal.aborted) await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}
