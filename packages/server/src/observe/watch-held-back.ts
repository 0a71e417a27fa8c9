import { findLogHeldBack, type LogHeldBack } from '@holdfast/engine'
import type pg from 'pg'
import { alertThresholds } from './table/alert-thresholds.ts'

/** How long events wait that no server may read yet, and the session that keeps them, if it is known. */
export type HeldBack = { seconds: number; pid: number | null }

/** Whose session it is: one of Holdfast's own, of another program, or a prepared transaction; `ended`: it is over. */
export type HoldsBack = 'holdfast' | 'other' | 'prepared' | 'ended'

const intervalMs = 5_000
const minuteMs = 60_000
/** Below it, a transaction is only slow. */
const secondsMin = alertThresholds.HoldfastTailHeldBack.limit

type WarnLog = { warn(fields: object, message: string): void }

export type HeldBackWatch = {
  /** What was found last, the longest of all databases; null: nothing is held back. */
  latest(): HeldBack | null
  /** Whose session holds it back; null: nothing is held back. */
  by(): HoldsBack | null
}

/**
 * Looks every 5 s whether an open transaction holds back the log, and with it live places and messages of all servers;
 * logs the session at most once a minute. Ends when the server stops.
 */
export function watchHeldBack(
  pools: readonly pg.Pool[],
  { log, isStopping, everyMs = intervalMs }: { log: WarnLog; isStopping(): boolean; everyMs?: number },
): HeldBackWatch {
  let latest: HeldBack | null = null
  let by: HoldsBack | null = null
  let loggedAtMs = Number.NEGATIVE_INFINITY
  let isLooking = false

  async function look(): Promise<void> {
    // A database that does not respond has other log lines.
    const found = await Promise.all(pools.map((pool) => findLogHeldBack(pool, secondsMin).catch(() => null)))
    const [longest] = found.filter((one) => one !== null).toSorted((one, other) => other.seconds - one.seconds)
    latest = longest === undefined ? null : { seconds: Math.round(longest.seconds), pid: longest.by?.pid ?? null }
    by = longest === undefined ? null : whoseOf(longest)
    const now = performance.now()
    if (longest === undefined || loggedAtMs > now - minuteMs) return
    loggedAtMs = now
    const fields = { seconds: latest?.seconds, session: longest.by }
    log.warn(fields, 'an open transaction holds back live places and messages of all servers')
  }

  const timer = setInterval(() => {
    if (isStopping()) return clearInterval(timer)
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, everyMs).unref()
  return { latest: () => latest, by: () => by }
}

function whoseOf({ by }: LogHeldBack): HoldsBack {
  if (by === null) return 'ended'
  if (by.pid === 0) return 'prepared'
  return by.application?.startsWith('holdfast ') ? 'holdfast' : 'other'
}
