import { createWaker, type Engine, EventTail, type EventTailSettings, LogAhead } from '@holdfast/engine'
import type pg from 'pg'
import { DatabaseBreaker } from '../lifecycle/database-breaker.ts'
import type { Logger } from '../observe/logger.ts'
import { changesOfCommitted, changesOfEntry, type KnownEntries } from './changes.ts'
import { ResponseCache } from './response-cache.ts'

export type FreshnessSettings = {
  pool: pg.Pool
  listenUrl: string
  cacheBytesMax: number
  log: Logger
  /** Whether the database may be away: it is followed once it is reached. */
  mayBeAway?: boolean
}

/** The one tail of a process, and what listens to it. */
export type Freshness = {
  tail: EventTail
  cache: ResponseCache
  breaker: DatabaseBreaker
  /**
   * From now on, each write of the engine, and of other processes, invalidates cached responses that it affects; the
   * engine's also wake the tails of all processes.
   */
  follow(engine: Pick<Engine, 'onCommitted'>, known: KnownEntries): void
  /** Calls the listener after each read of the log: false if it failed, so that changes are not received any more. */
  onTrust(listener: (isTrusted: boolean) => void): void
  stop(): Promise<void>
}

/** @throws the driver's error when the database cannot be reached, unless it may be away */
export async function openFreshness(settings: FreshnessSettings): Promise<Freshness> {
  const { pool, listenUrl, cacheBytesMax, log, mayBeAway = false } = settings
  const cache = new ResponseCache({ bytesMax: cacheBytesMax })
  const breaker = new DatabaseBreaker((isOpen) => {
    log.warn(
      { isOpen },
      isOpen ? 'the database is unavailable: reads are served from the cache' : 'the database is available again',
    )
  })
  const waker = createWaker(pool)
  const trustListeners = [(isTrusted: boolean) => cache.trust(isTrusted)]
  let isAheadLogged = false
  const tailSettings: EventTailSettings = {
    pool,
    listenUrl,
    ownWaker: waker,
    onRead(result) {
      if (result.kind === 'failed' && result.error instanceof LogAhead && !isAheadLogged) {
        log.error(result.error.message)
        isAheadLogged = true
      }
      const isRead = result.kind === 'read'
      breaker.report(isRead)
      for (const listener of trustListeners) listener(isRead)
    },
    // What was read before may be of another server, or of a history that was lost.
    onEpoch() {
      for (const listener of trustListeners) {
        listener(false)
        listener(true)
      }
    },
  }
  const tail = await EventTail.start(tailSettings).catch((error: unknown) => {
    if (!mayBeAway || error instanceof LogAhead) throw error
    log.error({ err: error }, 'the log of a shard cannot be read yet')
    return EventTail.startWhenReached(tailSettings)
  })

  return {
    tail,
    cache,
    breaker,
    follow(engine, known) {
      engine.onCommitted((committed) => {
        cache.drop(changesOfCommitted(committed))
        const position = committed.position === null ? undefined : BigInt(committed.position)
        tail.wake(position)
        waker.wakeOthers()
      })
      tail.subscribe((entries) => {
        for (const entry of entries) if (!known.isOwn(entry)) cache.drop(changesOfEntry(entry, known))
      })
    },
    onTrust: (listener) => void trustListeners.push(listener),
    stop: () => tail.stop(),
  }
}
