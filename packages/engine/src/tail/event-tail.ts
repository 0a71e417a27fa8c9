import { setTimeout as delay } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type pg from 'pg'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import { BookingOrder } from './booking-order.ts'
import { listenForWakes } from './listen-for-wakes.ts'
import type { LogEntry } from './log-entry.ts'
import { endOfLog, type LogCursor, readLog } from './read-log.ts'

export type EventTailSettings = {
  pool: pg.Pool
  /**
   * The application role's URL, for a connection that listens; without it (PgBouncer in transaction mode) the tail
   * polls.
   */
  listenUrl: string | null
  /** This process's waker: what it tells the others, this tail is told by {@link EventTail.wake}. */
  ownWaker?: { name: string }
  /** Where to begin; default: the end of the log. */
  from?: LogCursor
  /** How long it sleeps when nobody wakes it, milliseconds. */
  idleMs?: number
  /** Told of each look at the log: whether the database answered, and with what error it did not. */
  onRead?: (result: { kind: 'read' } | { kind: 'failed'; error: unknown }) => void
}

/** `horizon`: every transaction below it has been told of, these entries included. */
export type TailListener = (entries: readonly LogEntry[], horizon: bigint) => void

const pageSize = 1_000
const gatherMs = 2
/** Between two looks at the log: under load each brings what a hundredth of a second brought, not two commits. */
const pauseMs = 10
const behindMs = 10
const retryMsMax = 2_000
const readMsMax = 2_000

/**
 * Reads the log to its end, again and again: without gaps, each booking's events in order, every transaction exactly
 * once. One a process; caches and live connections listen to it.
 *
 * A transaction that stays open anywhere in the cluster delays what committed after it began, and never loses or
 * reorders it: what is told always lies below the oldest transaction still in flight.
 */
export class EventTail {
  readonly #settings: EventTailSettings
  readonly #order = new BookingOrder()
  readonly #listeners = new Set<TailListener>()
  #cursor: LogCursor = { xid: 0n, seq: 0n }
  #horizon = 0n
  #expected = 0n
  #wake: () => void = () => undefined
  #woken = false
  #readAtMs = 0
  #running: Promise<void> = Promise.resolve()
  readonly #stop = new AbortController()

  private constructor(settings: EventTailSettings) {
    this.#settings = settings
  }

  /** @throws the driver's error when the database cannot be reached */
  static async start(settings: EventTailSettings): Promise<EventTail> {
    const tail = new EventTail(settings)
    tail.#cursor = settings.from ?? (await endOfLog(settings.pool))
    tail.#horizon = tail.#cursor.xid + 1n
    const listening =
      settings.listenUrl === null
        ? Promise.resolve()
        : listenForWakes(settings.listenUrl, settings.ownWaker?.name ?? null, () => tail.wake(), tail.#stop.signal)
    tail.#running = Promise.all([tail.#run(), listening]).then(() => undefined)
    return tail
  }

  /** Every transaction below this has been told of. */
  get horizon(): bigint {
    return this.#horizon
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: TailListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something has been committed; `xid`, where it is known, keeps the tail at it until it has told of it. */
  wake(xid = 0n): void {
    if (xid > this.#expected) this.#expected = xid
    this.#woken = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      try {
        const isFull = await this.#readOnce()
        failures = 0
        this.#settings.onRead?.({ kind: 'read' })
        if (!isFull) await this.#sleep()
      } catch (error) {
        if (this.#stop.signal.aborted) return
        failures += 1
        this.#settings.onRead?.({ kind: 'failed', error })
        const pauseMs = Math.min(25 * 2 ** failures, retryMsMax) * (0.5 + Math.random() / 2)
        await delay(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      }
    }
  }

  async #readOnce(): Promise<boolean> {
    this.#woken = false
    this.#readAtMs = performance.now()
    const page = await inTime(readLog(this.#settings.pool, this.#cursor, pageSize))
    const last = page.rows.at(-1)?.entry
    if (last !== undefined) this.#cursor = { xid: last.xid, seq: last.seq }
    // A full page ends in the middle of a transaction perhaps: only what lies before that is told whole.
    const horizon = page.full && last !== undefined ? last.xid : page.horizon
    const entries = this.#order.pass(page.rows)
    const moved = horizon > this.#horizon
    if (moved) this.#horizon = horizon
    if (entries.length > 0 || moved) for (const listener of this.#listeners) listener(entries, this.#horizon)
    return page.full
  }

  // Woken, it first lets a few milliseconds of commits gather, more where it has only just looked; held up by an open
  // transaction, it looks again soon.
  async #sleep(): Promise<void> {
    const isBehind = this.#expected >= this.#horizon
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, isBehind ? behindMs : (this.#settings.idleMs ?? 250))
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (this.#woken || this.#stop.signal.aborted) this.#wake()
      })
    }
    if (!this.#woken) return
    const restMs = this.#readAtMs + pauseMs - performance.now()
    await delay(Math.max(gatherMs, restMs))
  }
}

/** A read that takes too long counts as a lost connection: its page, if it still arrives, is dropped and read again. */
function inTime<Value>(work: Promise<Value>): Promise<Value> {
  return pTimeout(work, {
    milliseconds: readMsMax,
    fallback: () => {
      const message = 'Reading the log took too long.'
      throw new DatabaseUnavailable(message, { outcomeUnknown: false, cause: undefined })
    },
  })
}
