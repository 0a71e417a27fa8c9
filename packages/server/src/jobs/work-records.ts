import { recordWork, type WorkDone, type WorkKind } from '@holdfast/engine'
import type pg from 'pg'
import type { Metrics } from '../observe/metrics.ts'

/** Each record is a write: a busy process makes no more than one in this time. */
const everyMsDefault = 5_000

type WarnLog = { warn(fields: object, message: string): void }

/** Stores in a database what becomes of its jobs and messages, so that every server can show it. */
export class WorkRecords {
  readonly #pool: pg.Pool
  readonly #log: WarnLog
  readonly #everyMs: number
  readonly #noted = new Map<string, WorkDone>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #hasFailed = false

  constructor(pool: pg.Pool, log: WarnLog, { everyMs = everyMsDefault }: { everyMs?: number } = {}) {
    this.#pool = pool
    this.#log = log
    this.#everyMs = everyMs
  }

  add(kind: WorkKind, name: string, { failed }: { failed: boolean }): void {
    this.#merge({ kind, name, hasSucceeded: !failed, hasFailed: failed, failuresInRow: failed ? 1 : 0 })
    this.#schedule()
  }

  /** Stores what is left, if the database takes it now. */
  async stop(): Promise<void> {
    this.#clearTimer()
    await this.#writing
    this.#clearTimer()
    if (this.#noted.size > 0) await this.#write()
    this.#clearTimer()
  }

  /** @param later what came after what is noted */
  #merge(later: WorkDone): void {
    const key = `${later.kind} ${later.name}`
    const before = this.#noted.get(key)
    this.#noted.set(key, before === undefined ? later : joined(before, later))
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing !== null) return
    const waitMs = Math.max(0, this.#writtenAtMs + this.#everyMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#write()
    }, waitMs)
    this.#timer.unref()
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeNoted().finally(() => {
      this.#writing = null
      this.#writtenAtMs = performance.now()
      if (this.#noted.size > 0) this.#schedule()
    })
    return this.#writing
  }

  async #writeNoted(): Promise<void> {
    const done = [...this.#noted.values()]
    this.#noted.clear()
    try {
      await recordWork(this.#pool, done)
      this.#hasFailed = false
    } catch (error) {
      // The work itself goes on. If this was stored all the same, failures are counted twice.
      if (!this.#hasFailed) this.#log.warn({ err: error }, 'what became of jobs and messages could not be recorded yet')
      this.#hasFailed = true
      const later = [...this.#noted.values()]
      this.#noted.clear()
      for (const one of [...done, ...later]) this.#merge(one)
    }
  }
}

function joined(before: WorkDone, later: WorkDone): WorkDone {
  return {
    ...later,
    hasSucceeded: before.hasSucceeded || later.hasSucceeded,
    hasFailed: before.hasFailed || later.hasFailed,
    failuresInRow: later.hasSucceeded ? later.failuresInRow : before.failuresInRow + later.failuresInRow,
  }
}

type Observed = Pick<Metrics, 'jobDone' | 'messageDone' | 'eventFailed'>

/** The metrics, and a record of the same. */
export function recordedWork<Of extends Observed>(metrics: Of, records: WorkRecords): Of {
  return {
    ...metrics,
    jobDone(job) {
      metrics.jobDone(job)
      records.add('job', job.name, job)
    },
    messageDone(message) {
      metrics.messageDone(message)
      const { channel, outcome } = message
      if (outcome === 'sent') records.add('message', channel, { failed: false })
      if (outcome === 'again' || outcome === 'failed') records.add('message', channel, { failed: true })
    },
    eventFailed(failure) {
      metrics.eventFailed(failure)
      if (failure.isDead) records.add('consumer', failure.queue, { failed: true })
    },
  }
}
