import { setTimeout as delay } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type pg from 'pg'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import { BookingOrder } from './booking-order.ts'
import { listenForWakes } from './listen-for-wakes.ts'
import type { LogEntry } from './log-entry.ts'
import { currentEpoch, type LogEpoch } from './log-epoch.ts'
import type { LogPosition } from './log-receivers.ts'
import { cursorBefore, type LogCursor, type LogPage, readLog } from './read-log.ts'

export type EventTailSettings = {
  pool: pg.Pool
  /**
   * The application role's URL, for a connection that listens; without it (PgBouncer in transaction mode) the tail
   * polls.
   */
  listenUrl: string | null
  /** This process's waker. Its notifications are ignored, because the process calls {@link EventTail.wake} itself. */
  ownWaker?: { name: string }
  /** How long it sleeps unless it is woken, milliseconds. */
  idleMs?: number
  /** Called after each read of the log: whether it succeeded, and with which error it failed. */
  onRead?: (result: { kind: 'read' } | { kind: 'failed'; error: unknown }) => void
  /**
   * Called when another epoch of the log has begun, after the listeners got its horizon, which may be lower than the
   * one before: nothing that was read from the database earlier can be trusted.
   */
  onEpoch?: () => void
  /** Where to start; without it, at the end of the log. */
  from?: LogPosition
  /**
   * Receives the entries before the listeners do, and the tail waits for it: everything up to `position` is delivered
   * when it resolves. When it rejects, the entries are read again, so some may come twice. A booking's events come in
   * order.
   */
  deliver?: (entries: readonly LogEntry[], position: LogPosition) => Promise<void>
}

/** `horizon`: every transaction below it has been reported, these entries included. */
export type TailListener = (entries: readonly LogEntry[], horizon: bigint) => void

const pageSize = 1_000
const gatherMs = 2
/** Between two reads of the log: under load, each read returns the commits of 10 ms, not two commits. */
const pauseMs = 10
const behindMs = 10
const retryMsMax = 2_000
const readMsMax = 2_000
const neverReported = 2n ** 64n
/** The epoch of a tail that has not reached its database yet. */
const notBegun = 0

/**
 * Follows the log: without gaps, each booking's events in order, every transaction exactly once. There is one per
 * process; caches and live connections subscribe to it.
 *
 * When another epoch begins (another server, a restored copy, a restart), it continues where that epoch starts. Then
 * everything that is written in it is reported, and some entries from before are reported again.
 *
 * A transaction that stays open anywhere in the cluster delays everything that committed after it began, but nothing is
 * lost or reordered: only transactions below the oldest one still in progress are reported.
 */
export class EventTail {
  readonly #settings: EventTailSettings
  readonly #order = new BookingOrder()
  readonly #listeners = new Set<TailListener>()
  #cursor: LogCursor = { xid: 0n, seq: 0n }
  /** Everything up to it has been delivered, and nothing before it is held back. */
  #delivered: LogCursor = { xid: 0n, seq: 0n }
  #horizon = 0n
  #epoch = notBegun
  #expected = 0n
  #wake: () => void = () => undefined
  #woken = false
  #readAtMs = 0
  #running: Promise<void> = Promise.resolve()
  #listening: Promise<void> = Promise.resolve()
  #stopListening = new AbortController()
  readonly #stop = new AbortController()

  private constructor(settings: EventTailSettings) {
    this.#settings = settings
  }

  /** @throws LogAhead, and the driver's error when the database cannot be reached or is a standby */
  static async start(settings: EventTailSettings): Promise<EventTail> {
    const tail = new EventTail(settings)
    tail.#begin(await currentEpoch(settings.pool, null, settings.from?.epoch ?? null))
    tail.#follow()
    return tail
  }

  /**
   * Follows a database that may not be reached yet. Until it is, reads of the log fail; then an epoch begins, with
   * which whatever was read from the database before cannot be trusted.
   */
  static startWhenReached(settings: Omit<EventTailSettings, 'from' | 'deliver'>): EventTail {
    const tail = new EventTail(settings)
    tail.#follow()
    return tail
  }

  #begin({ no, startsAt, horizon }: LogEpoch): void {
    const { from } = this.#settings
    this.#epoch = no
    this.#moveTo(from ?? cursorBefore(horizon))
    this.#horizon = from?.xid ?? horizon
    if (startsAt !== null) this.#returnTo(startsAt)
  }

  #follow(): void {
    const { listenUrl } = this.#settings
    if (listenUrl !== null) this.#listen(listenUrl)
    this.#running = this.#run()
  }

  /** Every transaction below this has been reported. */
  get horizon(): bigint {
    return this.#horizon
  }

  /** The epoch in which transactions are numbered as `horizon` and the entries are. */
  get epoch(): number {
    return this.#epoch
  }

  /**
   * A transaction of any epoch as one of the current epoch. From another epoch, it becomes one that is never reported:
   * what was written before it may be lost, or is not known here yet.
   */
  transactionAt({ epoch, transaction }: { epoch: number; transaction: bigint }): bigint {
    if (epoch === this.#epoch) return transaction
    // Another process may have noticed a new epoch first.
    if (epoch > this.#epoch) this.wake()
    return neverReported
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: TailListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something was committed. With its `xid`, the tail reads at short intervals until it has reported it. */
  wake(xid = 0n): void {
    if (xid > this.#expected) this.#expected = xid
    this.#woken = true
    this.#wake()
  }

  /** Listens on another server from now on, to which its pool is led as well. */
  relocate(listenUrl: string): void {
    if (this.#settings.listenUrl === null || this.#stop.signal.aborted) return
    this.#stopListening.abort()
    this.#listen(listenUrl)
    this.wake()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await Promise.all([this.#running, this.#listening])
  }

  #listen(url: string): void {
    this.#stopListening = new AbortController()
    const signal = AbortSignal.any([this.#stop.signal, this.#stopListening.signal])
    const listening = listenForWakes(url, this.#settings.ownWaker?.name ?? null, () => this.wake(), signal)
    this.#listening = Promise.all([this.#listening, listening]).then(() => undefined)
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
    if (this.#epoch === notBegun) {
      this.#begin(await inTime(currentEpoch(this.#settings.pool, null)))
      this.#announceEpoch()
      return true
    }
    const page = await inTime(readLog(this.#settings.pool, this.#cursor, pageSize))
    if (!this.#isOfThisEpoch(page)) {
      await this.#enterEpoch()
      return true
    }
    const last = page.rows.at(-1)?.entry
    if (last !== undefined) this.#cursor = { xid: last.xid, seq: last.seq }
    // A full page may end in the middle of a transaction: only the transactions before that one are complete.
    const horizon = page.full && last !== undefined ? last.xid : page.horizon
    const entries = this.#order.pass(page.rows)
    await this.#deliver(entries)
    const moved = horizon > this.#horizon
    if (moved) this.#horizon = horizon
    if (entries.length > 0 || moved) for (const listener of this.#listeners) listener(entries, this.#horizon)
    return page.full
  }

  /** Within an epoch, the oldest running transaction never becomes an older one. */
  #isOfThisEpoch({ epoch, isOfEpoch, horizon }: LogPage): boolean {
    return isOfEpoch && epoch === this.#epoch && horizon >= this.#horizon
  }

  async #enterEpoch(): Promise<void> {
    const { no, startsAt } = await inTime(currentEpoch(this.#settings.pool, this.#epoch))
    this.#epoch = no
    // Transactions below its start are numbered as before, and those that were not reported yet will be.
    if (startsAt !== null && startsAt < this.#horizon) this.#returnTo(startsAt)
    this.#expected = 0n
    this.#announceEpoch()
  }

  #announceEpoch(): void {
    for (const listener of this.#listeners) listener([], this.#horizon)
    this.#settings.onEpoch?.()
  }

  async #deliver(entries: readonly LogEntry[]): Promise<void> {
    const { deliver } = this.#settings
    if (deliver === undefined) return
    // What is held back is delivered later, and would be lost if the position were already past it.
    const position = this.#order.heldBack === 0 ? this.#cursor : this.#delivered
    try {
      if (entries.length > 0) await deliver(entries, { ...position, epoch: this.#epoch })
      this.#delivered = position
    } catch (error) {
      this.#cursor = this.#delivered
      this.#order.dropFrom(0n)
      throw error
    }
  }

  #moveTo(cursor: LogCursor): void {
    this.#cursor = cursor
    this.#delivered = cursor
  }

  /** Everything from this transaction on is read again. */
  #returnTo(xid: bigint): void {
    const start = cursorBefore(xid)
    if (xid <= this.#cursor.xid) this.#cursor = start
    if (xid <= this.#delivered.xid) this.#delivered = start
    if (xid < this.#horizon) this.#horizon = xid
    this.#order.dropFrom(xid)
  }

  // When woken, it waits a few milliseconds for more commits, longer if it has only just read. While an open
  // transaction holds the horizon back, it reads again soon.
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
