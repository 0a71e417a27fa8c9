import { type Commit, createWaker, type Engine, EventTail } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type pg from 'pg'
import { DatabaseBreaker } from '../database-breaker.ts'
import type { Logger } from '../logger.ts'
import { clinicTag, directoryTag, doctorTag, tagsOf } from './cache-tags.ts'
import { ResponseCache } from './response-cache.ts'

export type FreshnessSettings = { pool: pg.Pool; listenUrl: string; cacheBytesMax: number; log: Logger }

/** Enough for the commits that the log has not told of yet; one that is forgotten is dropped twice. */
const ownCommitsMax = 1_000

/** The one tail of a process, and what listens to it. */
export type Freshness = {
  tail: EventTail
  cache: ResponseCache
  breaker: DatabaseBreaker
  /** For the engine: whose slots a commit changed. Nothing older is answered from then on. */
  committed(commit: Commit): void
  /** The same engine, whose edits of the directory and of slots drop what they changed before they answer. */
  edited<Edited extends Engine>(engine: Edited): Edited
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
      isOpen ? 'the database is away: reads are answered from what is known' : 'the database is back',
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
  // What this process has committed it dropped at once: dropped again when the log tells of it, every list would be
  // loaded twice a booking.
  const dropped = new LRUCache<bigint, ReadonlySet<string>>({ max: ownCommitsMax })
  const isDropped = (xid: bigint, doctorId: string) => dropped.get(xid)?.has(doctorId) === true
  tail.subscribe((entries) => cache.drop(tagsOf(entries, isDropped)))

  const drop = (tags: Iterable<string>) => {
    cache.drop(tags)
    tail.wake()
    waker.wakeOthers()
  }
  return {
    tail,
    cache,
    breaker,
    committed({ doctorIds, position }) {
      const xid = BigInt(position)
      dropped.set(xid, doctorIds)
      cache.drop(Array.from(doctorIds, doctorTag))
      tail.wake(xid)
      waker.wakeOthers()
    },
    edited(engine) {
      const { directory } = engine
      const droppingAll = async <Value>(work: Promise<Value>, ...tags: string[]) => {
        const value = await work
        drop([directoryTag, ...tags])
        return value
      }
      return {
        ...engine,
        createSlots: (request) => droppingAll(engine.createSlots(request), doctorTag(request.doctorId)),
        async withdrawSlots(request) {
          const outcome = await engine.withdrawSlots(request)
          if ('doctorId' in request.which) drop([directoryTag, doctorTag(request.which.doctorId)])
          else {
            const slot = await engine.reads.slot(request.which.slotId)
            if (slot !== null) drop([directoryTag, doctorTag(slot.doctorId)])
          }
          return outcome
        },
        directory: {
          ...directory,
          createClinic: (...clinic) => droppingAll(directory.createClinic(...clinic)),
          async updateClinic(...change) {
            const clinic = await directory.updateClinic(...change)
            if (clinic !== null) drop([directoryTag, clinicTag(clinic.no)])
            return clinic
          },
          createDoctor: (...doctor) => droppingAll(directory.createDoctor(...doctor)),
          updateDoctor: (...change) => droppingAll(directory.updateDoctor(...change), doctorTag(change[0])),
        },
      }
    },
    onReturn: (listener) => void returnListeners.push(listener),
    stop: () => tail.stop(),
  }
}
