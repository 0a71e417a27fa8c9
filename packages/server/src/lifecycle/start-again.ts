import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionLost, mayHaveRun } from '@holdfast/engine'

type WarningLog = { warn(fields: { err: unknown }, message: string): void }

const againMsMax = 60_000
const pauseMs = 1_000

/**
 * Repeats a start, for a minute at most, whose connection to the database broke: a failover or a restart of PostgreSQL
 * must not end it. A database that is not reached at all is reported at once, because its URL may be wrong.
 *
 * @param start leaves nothing running when it fails
 * @param deps.signal aborted: it is not repeated any more
 */
export async function startAgainIfCutOff<Started>(
  { log, signal }: { log: WarningLog; signal?: AbortSignal | undefined },
  start: () => Promise<Started>,
): Promise<Started> {
  let endsAt: number | null = null
  for (;;) {
    try {
      return await start()
    } catch (error) {
      if (!isConnectionLost(error) || (endsAt === null && !mayHaveRun(error))) throw error
      endsAt ??= performance.now() + againMsMax
      if (performance.now() >= endsAt || signal?.aborted === true) throw error
      log.warn({ err: error }, 'the connection to the database broke during the start, which is repeated')
      await delay(pauseMs, undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}
