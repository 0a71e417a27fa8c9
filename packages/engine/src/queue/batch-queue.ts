import { DatabaseUnavailable, isConnectionLost } from '../database/database-unavailable.ts'
import type { Overloaded } from '../model/claim.ts'

/** An item's answer, or that it is to be sent again with the next batch. */
export type ItemResult<Outcome> = { kind: 'completed'; outcome: Outcome } | { kind: 'retry' }

/** What one batch was like, told after it is over. */
export type BatchReport = {
  queue: string
  /** Items sent. */
  size: number
  /** How long the database took, milliseconds. */
  durationMs: number
  /** How long the oldest item had waited before it was sent, milliseconds. */
  waitMs: number
  failed: boolean
}

export type BatchQueueSettings<Item, Outcome> = {
  name: string
  /** Runs one batch in one transaction and answers each item in its place, after COMMIT. Must be safe to run again. */
  run(items: readonly Item[]): Promise<ItemResult<Outcome>[]>
  batchSizeMax?: number
  inFlightMax?: number
  /** Items that may wait; one more is refused at once. */
  queuedMax?: number
  /** An item that could not be sent within this is refused. Milliseconds. */
  waitMsMax?: number
  /** How long an unknown outcome is looked into before the caller is told that it is unknown. Milliseconds. */
  unknownMsMax?: number
  onBatch?: (report: BatchReport) => void
}

type Waiting<Item, Outcome> = {
  item: Item
  since: number
  tries: number
  /** A try whose answer was lost may be committed, now or later: it can no longer be said that nothing was done. */
  mayStand: boolean
  resolve(outcome: Outcome | Overloaded): void
  reject(error: unknown): void
}

// A retry is a lost race, and somebody won it: a hundred lost in a row mean a bug, not bad luck.
const triesMax = 100
const unknownRetryMs = 100
const overloadFactor = 4

/**
 * Requests that arrive while a transaction is in flight share the next one (docs/decisions/0002). Idle, an item goes
 * out at once, alone; busy, up to `batchSizeMax` go together, `inFlightMax` batches at a time. Under overload a batch is
 * an eighth of what waits, up to four times `batchSizeMax`.
 *
 * - Bounded: a full queue, or an item that waited too long, is answered `overloaded`, never tried.
 * - When a whole batch fails its items are tried alone, so that one poisonous item hurts nobody else.
 * - A connection lost in flight is an unknown outcome: the same items are sent again, which their keys make safe.
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
      ...settings,
    }
  }

  /** Items waiting, and batches in flight. */
  get depth(): { queued: number; inFlight: number } {
    return { queued: this.#waiting.length, inFlight: this.#inFlight }
  }

  /**
   * Answers after COMMIT.
   * @throws DatabaseUnavailable when the database cannot be reached; whatever the database says of this item alone
   */
  submit(item: Item): Promise<Outcome | Overloaded> {
    if (this.#stopped || this.#waiting.length >= this.#settings.queuedMax) return Promise.resolve(overloaded)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), tries: 0, mayStand: false, resolve, reject })
      this.#schedule()
    })
  }

  /** Takes nothing more, and settles what was taken. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#inFlight > 0 || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  // After the poll phase: everything that the sockets brought in one turn of the event loop shares a batch.
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
    // Overload makes the turns of the event loop long, and a turn takes up two batches: they grow with what waits.
    const size = Math.min(batchSizeMax * overloadFactor, Math.max(batchSizeMax, Math.ceil(this.#waiting.length / 8)))
    const taken = this.#waiting.splice(0, size)
    const oldest = performance.now() - this.#settings.waitMsMax
    return taken.filter((waiting) => {
      if (waiting.since >= oldest || waiting.mayStand) return true
      waiting.resolve(overloaded)
      return false
    })
  }

  async #send(batch: Waiting<Item, Outcome>[]): Promise<void> {
    try {
      this.#settle(batch, await this.#run(batch))
    } catch (error) {
      if (isConnectionLost(error)) await this.#lookInto(batch, error)
      else if (batch.length === 1) batch[0]?.reject(batch[0].mayStand ? unknownOutcome(error) : error)
      else for (const waiting of batch) await this.#send([waiting])
    }
  }

  async #run(batch: Waiting<Item, Outcome>[]): Promise<ItemResult<Outcome>[]> {
    const startedAt = performance.now()
    const waitMs = startedAt - Math.min(...batch.map((waiting) => waiting.since))
    let failed = true
    try {
      const answers = await this.#settings.run(batch.map((waiting) => waiting.item))
      if (answers.length !== batch.length)
        throw new Error(`${this.#settings.name}: ${answers.length} answers to ${batch.length} items`)
      failed = false
      return answers
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

  #settle(batch: Waiting<Item, Outcome>[], answers: ItemResult<Outcome>[]): void {
    const again: Waiting<Item, Outcome>[] = []
    for (const [index, waiting] of batch.entries()) {
      const answer = answers[index]
      if (answer?.kind === 'completed') waiting.resolve(answer.outcome)
      else if (waiting.tries + 1 >= triesMax)
        waiting.reject(new Error(`${this.#settings.name}: sent ${triesMax} times, and never answered`))
      else again.push({ ...waiting, tries: waiting.tries + 1 })
    }
    // To the front: they came first.
    if (again.length > 0) this.#waiting.unshift(...again)
  }

  // A commit whose answer was lost may stand. Nothing is told to the callers until the database says which.
  async #lookInto(batch: Waiting<Item, Outcome>[], cause: unknown): Promise<void> {
    if (mayHaveRun(cause)) for (const waiting of batch) waiting.mayStand = true
    const until = performance.now() + (batch.some(({ mayStand }) => mayStand) ? this.#settings.unknownMsMax : 0)
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, unknownRetryMs))
      try {
        return this.#settle(batch, await this.#run(batch))
      } catch (error) {
        if (!isConnectionLost(error)) {
          for (const waiting of batch) await this.#send([waiting])
          return
        }
      }
    }
    const unreached = new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause })
    for (const waiting of batch) waiting.reject(waiting.mayStand ? unknownOutcome(cause) : unreached)
  }
}

const overloaded: Overloaded = { kind: 'overloaded', retryAfterSeconds: 1 }

function unknownOutcome(cause: unknown): DatabaseUnavailable {
  const message = 'The connection to the database was lost; the outcome is not known.'
  return new DatabaseUnavailable(message, { outcomeUnknown: true, cause })
}

/** Errors of connecting come before anything was sent. */
function mayHaveRun(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(mayHaveRun)
  if (!(error instanceof Error)) return true
  const code = 'code' in error ? error.code : undefined
  if (code === '57P03' || code === '53300') return false
  if ('syscall' in error && error.syscall === 'connect') return false
  return !/^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)/.test(
    error.message,
  )
}
