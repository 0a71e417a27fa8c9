import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The channel on which processes notify each other of commits; the payload is the sender's name. */
export const wakeChannel = 'holdfast_log'

const retryMsMax = 5_000
/** How often the connection is checked: a network that drops packets silently reports nothing. */
const checkMsDefault = 10_000
const checkMsMax = 5_000

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
  checkMs = checkMsDefault,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'holdfast tail',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: checkMsMax,
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
      await untilLost(client, lost, signal, checkMs)
    } catch {
      failures += 1
    }
    await end(client)
    const pause = Math.min(100 * 2 ** failures, retryMsMax) * (0.5 + Math.random() / 2)
    if (!signal.aborted) await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}

/** @throws the driver's error when the server does not respond */
async function untilLost(client: pg.Client, lost: Promise<void>, signal: AbortSignal, checkMs: number): Promise<void> {
  let isLost = false
  void lost.then(() => {
    isLost = true
  })
  while (!isLost && !signal.aborted) {
    const checking = new AbortController()
    await Promise.race([lost, delay(checkMs, undefined, { signal: checking.signal }).catch(() => undefined)])
    checking.abort()
    if (!isLost && !signal.aborted) await client.query('select 1')
  }
}

/** A server that does not respond is not waited for. */
async function end(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => undefined)
  const grace = new AbortController()
  await Promise.race([ended, delay(checkMsMax, undefined, { signal: grace.signal }).catch(() => undefined)])
  grace.abort()
  client.connection.stream.destroy()
}
