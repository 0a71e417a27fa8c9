import { createWaker, type Engine, EventTail } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'
import { tagsOfCommitted, tagsOfEntry } from './cache-tags.ts'
import { DatabaseBreaker } from './database-breaker.ts'
import { ResponseCache } from './response-cache.ts'

export type FreshnessSettings = { pool: pg.Pool; listenUrl: string; cacheBytesMax: number; log: Logger }

/** Enough for transactions that the tail has not read yet. The answers of one that is evicted are dropped twice. */
const ownTransactionsMax = 1_000

/** The one tail of a process, and what listens to it. */
export type Freshness = {
  tail: EventTail
  cache: ResponseCache
  breaker: DatabaseBreaker
  /** From now on, each write of the engine drops the answers that it outdates and wakes the tails of all processes. */
  follow(engine: Pick<Engine, 'onCommitted'>): void
  /** Calls the listener when the database is back: what was answered meanwhile may have been old. */
  onReturn(listener: () => void): void
  stop(): Promise<void>
}

/** @throws the driver's error when the database cannot be reached */
export async function openFreshness({ pool, listenUrl, cacheBytesMax, log }: FreshnessSettings): Promise<Freshness> {
  const cache = new ResponseCache({ bytesMax: cacheBytesMax })
  const breaker = new DatabaseBreaker((isOpen) => {
    log.warn(
      { isOpen },
      isOpen ? 'the database is unavailable: reads are served from the cache' : 'the database is available again',
    )
  })
  const waker = createWaker(pool)
  const returnListeners: (() => void)[] = []
  let isAway = false
  const tail = await EventTail.start({
    pool,
    listenUrl,
    ownWaker: waker,
    onRead(result) {
      if (result.kind === 'read') breaker.succeeded()
      else breaker.failed()
      cache.trust(result.kind === 'read')
      const isBack = isAway && result.kind === 'read'
      isAway = result.kind === 'failed'
      if (isBack) for (const listener of returnListeners) listener()
    },
  })
  // This process drops answers when its own transactions commit. Without this map it would drop them again when the
  // tail reads those transactions, and load every list twice per booking.
  const dropped = new LRUCache<bigint, ReadonlySet<string>>({ max: ownTransactionsMax })
  tail.subscribe((entries) => {
    const tags = new Set<string>()
    for (const entry of entries) {
      const droppedBefore = dropped.get(entry.xid)
      for (const tag of tagsOfEntry(entry)) if (droppedBefore?.has(tag) !== true) tags.add(tag)
    }
    cache.drop(tags)
  })

  return {
    tail,
    cache,
    breaker,
    follow(engine) {
      engine.onCommitted((committed) => {
        const tags = new Set(tagsOfCommitted(committed))
        if (committed.position !== null) dropped.set(BigInt(committed.position), tags)
        cache.drop(tags)
      })
      engine.onCommitted(({ position }) => {
        tail.wake(position === null ? undefined : BigInt(position))
        waker.wakeOthers()
      })
    },
    onReturn: (listener) => void returnListeners.push(listener),
    stop: () => tail.stop(),
  }
}
