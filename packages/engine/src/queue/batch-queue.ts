import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseUnavailable, isConnectionLost, mayHaveRun } from '../database/database-unavailable.ts'
import type { Overloaded } from '../model/claim.ts'

/** The outcome of an item of a batch, or that the item must be sent again with the next batch. */
export type ItemResult<Outcome> = { kind: 'completed'; outcome: Outcome } | { kind: 'retry' }

/** Figures of one batch, reported when it is over. */
export type BatchReport = {
  queue: string
  /** Items sent. */
  size: number
  /** How long the database took, with the COMMIT, milliseconds. */
  durationMs: number
  /** How long the oldest item had waited before it was sent, milliseconds. */
  waitMs: number
  failed: boolean
}

export type BatchQueueSettings<Item, Outcome> = {
  name: string
  /**
   * Runs one batch in one transaction and resolves after COMMIT, with one result per item, in order. Must be
   * idempotent.
   */
  run(items: readonly Item[]): Promise<ItemResult<Outcome>[]>
  batchSizeMax?: number
  inFlightMax?: number
  /** Items that may wait; further ones are refused at once. */
  queuedMax?: number
  /** An item that is not sent within this time is refused. Milliseconds. */
  waitMsMax?: number
  /** How long to retry after a connection was lost before the outcome is reported as unknown. Milliseconds. */
  unknownMsMax?: number
  onBatch?: (report: BatchReport) => void
  /** The outcomes of items, before their callers get them. `error`: the caller gets an exception. */
  onOutcomes?: (outcomes: readonly (Outcome | Overloaded | 'error')[]) => void
}

type Waiting<Item, Outcome> = {
  item: Item
  since: number
  tries: number
  /** The connection was lost during a try: that transaction may have committed, or may still commit. */
  mayBeCommitted: boolean
  resolve(outcome: Outcome | Overloaded): void
  reject(error: unknown): void
}

// An item is sent again when another transaction won a race. Losing a hundred in a row means a bug.
const triesMax = 100
const unknownRetryMs = 100
const overloadFactor = 4

/**
 * Requests that arrive while a transaction is in flight share the next one (docs/decisions/0002). An idle queue sends
 * an item at once, alone; a busy one sends batches of up to `batchSizeMax`, `inFlightMax` at a time. Under overload a
 * batch is an eighth of the waiting items, up to four times `batchSizeMax`.
 *
 * - Bounded: when the queue is full, or an item has waited too long, its outcome is `overloaded` and it is never sent.
 * - When a batch fails, its items are sent one by one, so that an invalid item does not fail the others.
 * - When the connection is lost in flight, the outcome is unknown: the same items are sent again, which their
 *   idempotency keys make safe.
 */
export class BatchQueue<Item, Outcome> {
  readonly #settings: Required<BatchQueueSettings<Item, Outcome>>
  #waiting: Waiting<Item, Outcome>[] = []
  #inFlight = 0
  #scheduled = false
  #stopped = false
  #idle: (() => void)[] = []

  constructor(settings: BatchQueueSettings<Item, Outcome>) {
    this.#settings = {
      batchSizeMax: 128,
      inFlightMax: 2,
      queuedMax: 4_096,
      waitMsMax: 5_000,
      unknownMsMax: 10_000,
      onBatch: () => undefined,
      onOutcomes: () => undefined,
      ...settings,
    }
  }

  /** Items waiting, and batches in flight. */
  get depth(): { queued: number; inFlight: number } {
    return { queued: this.#waiting.length, inFlight: this.#inFlight }
  }

  /**
   * Resolves after COMMIT.
   * @throws DatabaseUnavailable when the database cannot be reached; the database's own error for this item
   */
  submit(item: Item): Promise<Outcome | Overloaded> {
    if (this.#stopped || this.#waiting.length >= this.#settings.queuedMax) {
      this.#settings.onOutcomes([overloaded])
      return Promise.resolve(overloaded)
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), tries: 0, mayBeCommitted: false, resolve, reject })
      this.#schedule()
    })
  }

  /** Takes no more items, and resolves when every item has its outcome. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#inFlight > 0 || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
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
    if (this.#inFlight === 0 && this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #take(): Waiting<Item, Outcome>[] {
    const { batchSizeMax } = this.#settings
    // Under overload a turn of the event loop is long and starts only two batches, so batches grow with the queue.
    const size = Math.min(batchSizeMax * overloadFactor, Math.max(batchSizeMax, Math.ceil(this.#waiting.length / 8)))
    const taken = this.#waiting.splice(0, size)
    const oldest = performance.now() - this.#settings.waitMsMax
    return taken.filter((waiting) => {
      if (waiting.since >= oldest || waiting.mayBeCommitted) return true
      this.#settings.onOutcomes([overloaded])
      waiting.resolve(overloaded)
      return false
    })
  }

  async #send(batch: Waiting<Item, Outcome>[]): Promise<void> {
    try {
      this.#deliver(batch, await this.#run(batch))
    } catch (error) {
      if (isConnectionLost(error)) await this.#retryUnknown(batch, error)
      else if (batch[0] !== undefined && batch.length === 1) {
        this.#reject(batch[0], batch[0].mayBeCommitted ? unknownOutcome(error) : error)
      } else for (const waiting of batch) await this.#send([waiting])
    }
  }

  async #run(batch: Waiting<Item, Outcome>[]): Promise<ItemResult<Outcome>[]> {
    const startedAt = performance.now()
    const waitMs = startedAt - Math.min(...batch.map((waiting) => waiting.since))
    let failed = true
    try {
      const results = await this.#settings.run(batch.map((waiting) => waiting.item))
      if (results.length !== batch.length)
        throw new Error(`${this.#settings.name}: ${results.length} results for ${batch.length} items`)
      failed = false
      return results
    } finally {
      this.#settings.onBatch({
        queue: this.#settings.name,
        size: batch.length,
        durationMs: performance.now() - startedAt,
        waitMs,
        failed,
      })
    }
  }

  #deliver(batch: Waiting<Item, Outcome>[], results: ItemResult<Outcome>[]): void {
    this.#settings.onOutcomes(results.flatMap((result) => (result.kind === 'completed' ? [result.outcome] : [])))
    const again: Waiting<Item, Outcome>[] = []
    for (const [index, waiting] of batch.entries()) {
      const result = results[index]
      if (result?.kind === 'completed') waiting.resolve(result.outcome)
      else if (waiting.tries + 1 >= triesMax)
        this.#reject(waiting, new Error(`${this.#settings.name}: sent ${triesMax} times without an outcome`))
      else again.push({ ...waiting, tries: waiting.tries + 1 })
    }
    // To the front: they are the oldest.
    if (again.length > 0) this.#waiting.unshift(...again)
  }

  #reject(waiting: Waiting<Item, Outcome>, error: unknown): void {
    this.#settings.onOutcomes(['error'])
    waiting.reject(error)
  }

  // The lost transaction may have committed: callers get no outcome until the database says so, or time is up.
  async #retryUnknown(batch: Waiting<Item, Outcome>[], cause: unknown): Promise<void> {
    if (mayHaveRun(cause)) for (const waiting of batch) waiting.mayBeCommitted = true
    const until =
      performance.now() + (batch.some(({ mayBeCommitted }) => mayBeCommitted) ? this.#settings.unknownMsMax : 0)
    while (performance.now() < until) {
      await delay(unknownRetryMs)
      try {
        return this.#deliver(batch, await this.#run(batch))
      } catch (error) {
        if (!isConnectionLost(error)) {
          for (const waiting of batch) await this.#send([waiting])
          return
        }
      }
    }
    const unreached = new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause })
    for (const waiting of batch) this.#reject(waiting, waiting.mayBeCommitted ? unknownOutcome(cause) : unreached)
  }
}

const overloaded: Overloaded = { kind: 'overloaded', retryAfterSeconds: 1 }

function unknownOutcome(cause: unknown): DatabaseUnavailable {
  const message = 'The connection to the database was lost; the outcome is not known.'
  return new DatabaseUnavailable(message, { outcomeUnknown: true, cause })
}
