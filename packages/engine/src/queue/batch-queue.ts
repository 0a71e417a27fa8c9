import { setTimeout as delay } from 'node:timers/promises'
import {
  isConnectionLost,
  isLockTimeout,
  isNotWritable,
  mayHaveRun,
  refusedWith,
  unknownOutcome,
  unreached,
} from '../database/database-unavailable.ts'
import { requestTimes } from '../database/request-times.ts'
import { isNotDone, locked, type NotDone, overloaded } from '../model/claim.ts'
import { noTimes } from '../model/request-times.ts'
import type { BatchReport } from './batch-report.ts'
import { type QueueDepth, type QueueResult, waitMsMaxDefault } from './queue-result.ts'
import { SlowLane, sameGroup } from './slow-lane.ts'
import { beginBatch, endRun, endWait, newWaiting, type Waiting } from './waiting.ts'

export type { ItemResult, QueueDepth, QueueResult } from './queue-result.ts'

export type BatchQueueSettings<Item, Outcome> = {
  name: string
  /**
   * Runs one batch in one transaction and resolves after COMMIT, with one result per item, in order. Must be
   * idempotent. `deadlines`: until when each item may wait, by `performance.now()`.
   */
  run(items: readonly Item[], deadlines: readonly number[]): Promise<QueueResult<Outcome>[]>
  /** Gets what a batch leaves to it, and the items of a batch that failed, with the time that they have waited. */
  alone?: BatchQueue<Item, Outcome> | null
  /** The row, or `group/row`, that an item has to lock. Items of one that stays locked wait apart from the others. */
  rowOf?(item: Item): string
  /** Which of the items have to wait for the lock of another transaction, in order. Called after a lock timeout. */
  findLocked?(items: readonly Item[]): Promise<boolean[]>
  /** 1: no batch has more. Otherwise batches grow under overload. */
  batchSizeMax?: number
  inFlightMax?: number
  /** Items that may wait, not counting those of the slow lane; further ones are refused at once. */
  queuedMax?: number
  /** An item that has no outcome this long after it arrived is refused, if nothing can be committed. Milliseconds. */
  waitMsMax?: number
  /**
   * An item whose connection was lost is sent again until this long after it arrived. Then its outcome is reported as
   * unknown. Milliseconds.
   */
  unknownMsMax?: number
  onBatch?: (report: BatchReport) => void
  onRefused?: (refusal: { waitMs: number }) => void
  /** The outcomes of items, before their callers get them. `error`: the caller gets an exception. */
  onOutcomes?: (outcomes: readonly (Outcome | NotDone | 'error')[]) => void
}

// An item is sent again when another transaction won a race. Losing a hundred in a row means a bug.
const triesMax = 100
const retryMs = 100
const overloadFactor = 4
/** How often waiting items are checked for whether they have waited too long. */
const watchMs = 250
const slowRowsMax = 512
/** The slow lane has at most this share of the items that may wait: one slot must not fill the queue. */
const slowShare = 1 / 4

/**
 * Requests that arrive while a transaction is in flight share the next one (docs/decisions/0002). An idle queue sends
 * an item at once, alone; a busy one sends batches of up to `batchSizeMax`, `inFlightMax` at a time. Under overload a
 * batch is an eighth of the waiting items, up to four times `batchSizeMax`.
 *
 * - Bounded: when the queue is full, or an item has waited too long, its outcome is `overloaded`, or `locked` if it
 *   has waited for a lock; and it has not been done.
 * - When a batch fails, its items are sent one by one, so that an invalid item does not fail the others. A queue with
 *   another one for this (`alone`) leaves them to it. An item that was its only one is not sent again.
 * - When a batch waits too long for a lock, the items of locked rows leave it for the slow lane, one batch at a time,
 *   and the others are sent again.
 * - When the connection is lost in flight, the outcome is unknown: the same items are sent again, which their
 *   idempotency keys make safe, until there is another outcome; also when the server may not write (a failover).
 */
export class BatchQueue<Item, Outcome> {
  readonly #settings: Required<BatchQueueSettings<Item, Outcome>>
  #waiting: Waiting<Item, Outcome>[] = []
  readonly #slow = new SlowLane<Waiting<Item, Outcome>>()
  #isSlowLaneRunning = false
  /** Items of the slow lane that are sent at the moment, and wait there for a lock. */
  #slowSent = 0
  #inFlight = 0
  #scheduled = false
  #watched = false
  #stopped = false
  #idle: (() => void)[] = []

  constructor(settings: BatchQueueSettings<Item, Outcome>) {
    this.#settings = {
      rowOf: () => '',
      findLocked: async (items) => items.map(() => false),
      alone: null,
      batchSizeMax: 128,
      inFlightMax: 2,
      queuedMax: 4_096,
      waitMsMax: waitMsMaxDefault,
      unknownMsMax: 25_000,
      onBatch: () => undefined,
      onOutcomes: () => undefined,
      onRefused: () => undefined,
      ...settings,
    }
  }

  /** Items waiting, batches in flight, and items of the slow lane, waiting or sent. */
  get depth(): QueueDepth {
    return { queued: this.#waiting.length, inFlight: this.#inFlight, slow: this.#slow.size + this.#slowSent }
  }

  /** The connections that it uses at a time at most: of the batches in flight, and of one of the slow lane. */
  get connectionsMax(): number {
    return this.#settings.inFlightMax + 1
  }

  /**
   * Resolves after COMMIT.
   * @throws DatabaseUnavailable when the database cannot be reached; the database's own error for this item
   */
  submit(item: Item): Promise<Outcome | NotDone> {
    return new Promise((resolve, reject) => {
      const waiting = newWaiting<Item, Outcome>(item, resolve, reject)
      if (this.#stopped) this.#refuse(waiting)
      else this.#accept(waiting)
    })
  }

  #accept(waiting: Waiting<Item, Outcome>): void {
    if (this.#waiting.length < this.#settings.queuedMax || waiting.mayBeCommitted) {
      this.#waiting.push(waiting)
      this.#schedule()
    } else this.#refuse(waiting)
  }

  /** Takes no more items, and resolves when every item has its outcome. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0 && !this.#isSlowLaneRunning
  }

  // After the poll phase, so that all requests read from the sockets in one turn of the event loop share a batch.
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#inFlight < this.#settings.inFlightMax && this.#waiting.length > 0) {
      const batch = this.#take()
      if (batch.length === 0) continue
      this.#inFlight += 1
      void this.#send(batch).finally(() => {
        this.#inFlight -= 1
        this.#dispatch()
      })
    }
    if (this.#waiting.length > 0) this.#watch()
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #take(): Waiting<Item, Outcome>[] {
    const { batchSizeMax, queuedMax, rowOf } = this.#settings
    const slowMax = Math.ceil(queuedMax * slowShare)
    // Under overload a turn of the event loop is long and starts only two batches, so batches grow with the queue.
    const grown = Math.min(batchSizeMax * overloadFactor, Math.max(batchSizeMax, Math.ceil(this.#waiting.length / 8)))
    const taken = this.#inTime(this.#waiting.splice(0, batchSizeMax === 1 ? 1 : grown))
    if (this.#slow.isEmpty) return taken
    return taken.filter((waiting) => {
      const row = rowOf(waiting.item)
      if (!this.#slow.has(row)) return true
      waiting.isLocked = true
      // What may be committed needs its outcome.
      if (this.#slow.size < slowMax || waiting.mayBeCommitted) this.#slow.join(row, waiting)
      else this.#refuse(waiting)
      void this.#runSlowLane()
      return false
    })
  }

  // Batches in flight may take long. Until one ends, this refuses what has waited too long behind them.
  #watch(): void {
    if (this.#watched) return
    this.#watched = true
    setTimeout(() => {
      this.#watched = false
      this.#waiting = this.#inTime(this.#waiting)
      this.#slow.removeIf((waiting) => this.#inTime([waiting]).length === 0)
      if (this.#waiting.length > 0 || this.#slow.size > 0) this.#watch()
      this.#dispatch()
    }, watchMs).unref()
  }

  /** Refuses the items whose time is up, and returns the others. `cause`: why they could not be done. */
  #inTime(batch: Waiting<Item, Outcome>[], cause: unknown = null): Waiting<Item, Outcome>[] {
    const now = performance.now()
    return batch.filter((waiting) => {
      if (this.#deadline(waiting) >= now) return true
      if (waiting.mayBeCommitted) this.#reject(waiting, cause)
      else if (cause !== null) this.#reject(waiting, unreached(cause))
      else this.#refuse(waiting)
      return false
    })
  }

  #deadline({ since, mayBeCommitted }: Waiting<Item, Outcome>): number {
    return since + (mayBeCommitted ? this.#settings.unknownMsMax : this.#settings.waitMsMax)
  }

  #refuse(waiting: Waiting<Item, Outcome>): void {
    const outcome = waiting.isLocked ? locked : overloaded
    endWait(waiting, performance.now())
    this.#settings.onRefused({ waitMs: performance.now() - waiting.since })
    this.#settings.onOutcomes([outcome])
    waiting.resolve(outcome)
  }

  async #send(batch: Waiting<Item, Outcome>[]): Promise<void> {
    const error = await this.#tried(batch)
    if (error !== null) await this.#failed(batch, error)
  }

  async #failed(batch: Waiting<Item, Outcome>[], error: unknown): Promise<void> {
    if (isConnectionLost(error) || isNotWritable(error)) return this.#retry(batch, error)
    const { alone } = this.#settings
    const [only] = batch
    if (only !== undefined && batch.length === 1 && !isLockTimeout(error)) return this.#reject(only, error)
    if (alone !== null) return batch.forEach((waiting) => void alone.#accept(waiting))
    if (isLockTimeout(error)) return this.#divide(batch)
    await this.#sendOneByOne(batch)
  }

  /**
   * When one of them waits too long for a lock, the rest goes to the slow lane too: others may be locked as well, and
   * the queue must not wait for each in turn. That one comes last there, or it would delay them again.
   */
  async #sendOneByOne(batch: Waiting<Item, Outcome>[]): Promise<void> {
    for (const [index, waiting] of batch.entries()) {
      if (this.#inTime([waiting]).length === 0) continue
      const error = await this.#tried([waiting])
      if (isLockTimeout(error)) return this.#park([...batch.slice(index + 1), waiting])
      if (error !== null) await this.#failed([waiting], error)
    }
  }

  /** @returns why the batch failed; null: its items have their outcomes */
  async #tried(batch: Waiting<Item, Outcome>[]): Promise<unknown> {
    try {
      await this.#deliver(batch, await this.#run(batch))
      return null
    } catch (error) {
      return error
    }
  }

  #park(batch: readonly Waiting<Item, Outcome>[]): void {
    const { rowOf } = this.#settings
    for (const waiting of batch) this.#slow.park(rowOf(waiting.item), Object.assign(waiting, { isLocked: true }))
    void this.#runSlowLane()
  }

  /** A batch has waited too long for a lock. */
  async #divide(batch: Waiting<Item, Outcome>[]): Promise<void> {
    const free = await this.#notLocked(batch)
    if (free.size === batch.length) return this.#sendOneByOne(batch)
    this.#park(batch.filter((waiting) => !free.has(waiting)))
    const inTime = this.#inTime([...free])
    if (inTime.length > 0) await this.#send(inTime)
  }

  /** Those whose rows are not locked: none of one item, or if the locks cannot be read, so each row is sent alone. */
  async #notLocked(batch: readonly Waiting<Item, Outcome>[]): Promise<Set<Waiting<Item, Outcome>>> {
    if (batch.length === 1) return new Set()
    const locked = await this.#settings.findLocked(batch.map(({ item }) => item)).catch(() => null)
    return new Set(batch.filter((_waiting, index) => locked !== null && locked[index] !== true))
  }

  /**
   * Sends the items of the slow lane, one batch at a time: together those whose rows are not locked any more, else
   * those of the row that was found locked longest ago, with its group, which then wait for its lock.
   */
  async #runSlowLane(): Promise<void> {
    if (this.#isSlowLaneRunning) return
    this.#isSlowLaneRunning = true
    this.#watch()
    while (this.#slow.size > 0) {
      const heads = this.#slow.heads(slowRowsMax)
      const free = await this.#notLocked(heads.map(({ entry }) => entry))
      const next = free.size > 0 ? heads.filter(({ entry }) => free.has(entry)) : sameGroup(heads)
      const rows = next.map(({ row }) => row)
      const batch: Waiting<Item, Outcome>[] = []
      for (const row of rows) batch.push(...this.#slow.take(row, this.#settings.batchSizeMax - batch.length))
      const startedAt = performance.now()
      const inTime = this.#inTime(batch)
      this.#slowSent = inTime.length
      if (inTime.length > 0) await this.#send(inTime)
      this.#slowSent = 0
      if (inTime.length > 0) for (const row of rows) this.#slow.unlocked(row, startedAt)
      if (this.#waiting.length > 0) this.#schedule()
    }
    this.#isSlowLaneRunning = false
    this.#dispatch()
  }

  async #run(batch: Waiting<Item, Outcome>[]): Promise<QueueResult<Outcome>[]> {
    const startedAt = performance.now()
    let error: unknown = null
    const times = noTimes()
    for (const waiting of batch) endWait(waiting, startedAt)
    const span = beginBatch(this.#settings.name, batch)
    if (span !== undefined) times.span = span
    try {
      const deadlines = batch.map((waiting) => this.#deadline(waiting))
      const items = batch.map((waiting) => waiting.item)
      // The context is else that of the request which came first.
      const results = await requestTimes.run(times, () => this.#settings.run(items, deadlines))
      if (results.length !== batch.length)
        throw new Error(`${this.#settings.name}: ${results.length} results for ${batch.length} items`)
      return results
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      const endedAt = performance.now()
      span?.end(error ?? undefined)
      for (const waiting of batch) endRun(waiting, times, endedAt)
      this.#settings.onBatch({
        queue: this.#settings.name,
        size: batch.length,
        durationMs: endedAt - startedAt,
        waitMs: startedAt - Math.min(...batch.map(({ since }) => since)),
        failed: error !== null,
        refusedWith: refusedWith(error),
      })
    }
  }

  async #deliver(batch: Waiting<Item, Outcome>[], results: QueueResult<Outcome>[]): Promise<void> {
    this.#settings.onOutcomes(results.flatMap((result) => (result.kind === 'completed' ? [result.outcome] : [])))
    const { alone } = this.#settings
    const [again, unknown]: [Waiting<Item, Outcome>[], Waiting<Item, Outcome>[]] = [[], []]
    for (const [index, waiting] of batch.entries()) {
      const result = results[index]
      if (result?.kind === 'completed') waiting.resolve(result.outcome)
      else if (result !== undefined && isNotDone(result)) {
        waiting.isLocked = result.kind === 'locked'
        if (waiting.mayBeCommitted) unknown.push(waiting)
        else this.#refuse(waiting)
      } else if (result?.kind === 'alone' && alone !== null) alone.#accept(waiting)
      else if (waiting.tries + 1 >= triesMax)
        this.#reject(waiting, new Error(`${this.#settings.name}: sent ${triesMax} times without an outcome`))
      else again.push({ ...waiting, tries: waiting.tries + 1 })
    }
    // To the front: they are the oldest.
    if (again.length > 0) this.#waiting.unshift(...again)
    if (unknown.length === 0) return
    await delay(retryMs)
    this.#waiting.unshift(...unknown)
  }

  /** If the item may be committed, its outcome is not known, whatever the error of its last try says. */
  #reject(waiting: Waiting<Item, Outcome>, error: unknown): void {
    this.#settings.onOutcomes(['error'])
    waiting.reject(waiting.mayBeCommitted ? unknownOutcome(error) : error)
  }

  // A lost transaction may have committed: callers get no outcome until the database says so, or time is up. If nothing
  // was done because the server may not write, the items are sent again as long as they may wait.
  async #retry(batch: Waiting<Item, Outcome>[], cause: unknown): Promise<void> {
    let left = batch
    for (let error = cause; ; ) {
      if (mayHaveRun(error)) for (const waiting of left) waiting.mayBeCommitted = true
      else if (!isNotWritable(error)) left = this.#refuseUnreached(left, error)
      if (left.length > 0) await delay(retryMs)
      left = this.#inTime(left, error)
      if (left.length === 0) return
      try {
        return await this.#deliver(left, await this.#run(left))
      } catch (next) {
        if (!isConnectionLost(next) && !isNotWritable(next)) return this.#failed(left, next)
        error = next
      }
    }
  }

  /** The database cannot be reached: what has not been tried is refused at once. */
  #refuseUnreached(batch: Waiting<Item, Outcome>[], cause: unknown): Waiting<Item, Outcome>[] {
    return batch.filter((waiting) => {
      if (!waiting.mayBeCommitted) this.#reject(waiting, unreached(cause))
      return waiting.mayBeCommitted
    })
  }
}
