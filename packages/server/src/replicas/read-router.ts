import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionLost, type Reads } from '@holdfast/engine'
import pg from 'pg'
import type { Logger } from '../observe/logger.ts'
import { createPrimaryPosition, type WalPosition } from './primary-position.ts'
import type { Replica } from './replica.ts'

export type ReadRouterSettings = {
  primary: pg.Pool
  primaryReads: Reads
  replicas: readonly Replica[]
  /** A replica that is further behind gets no reads, milliseconds. */
  lagMsMax: number
  log: Logger
}

/** How often the replicas are checked. */
const checkMs = 250
const samplesMax = 1_000
/** More than the queries of a check take that time out. */
const measuredMsMax = 5_000

/**
 * Serves reads by replicas that have everything that was acknowledged before the read began, by any server; else by the
 * primary. A replica that fails costs one retry there, and no error.
 *
 * docs/operations/replicas.md
 */
export class ReadRouter {
  readonly #settings: ReadRouterSettings
  readonly #position: () => Promise<WalPosition>
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>
  /**
   * The primary's WAL positions, each with its time. A position is added only when it differs from the last one;
   * otherwise every replica would seem to lag behind an idle primary.
   */
  readonly #samples: { position: WalPosition; atMs: number }[] = []
  #turn = 0
  readonly figures = { primary: 0, behind: 0, retried: 0 }
  /** When the lags were measured last, by `performance.now()`. Without the primary, they are what they were. */
  #measuredAtMs = Number.NEGATIVE_INFINITY

  constructor(settings: ReadRouterSettings) {
    this.#settings = settings
    this.#position = createPrimaryPosition(settings.primary)
    this.#running = this.#watch()
  }

  get replicas(): readonly Replica[] {
    return this.#settings.replicas
  }

  /** Whether the lags are those of the last seconds. */
  get isMeasured(): boolean {
    return performance.now() - this.#measuredAtMs < measuredMsMax
  }

  async read<Result>(work: (reads: Reads) => Promise<Result>): Promise<Result> {
    const replica = this.#next()
    // Without it, the primary is unavailable, and its own error says so.
    const position = replica === null ? null : await this.#position().catch(() => null)
    if (replica !== null && position !== null) {
      try {
        if (await replica.reaches(position)) {
          const result = await work(replica.reads)
          replica.served += 1
          return result
        }
        this.figures.behind += 1
      } catch (error) {
        // It may be a conflict with the replay (40001), or a cancelled query.
        if (!(error instanceof pg.DatabaseError) && !isConnectionLost(error)) throw error
        replica.failed(error)
        this.figures.retried += 1
      }
    }
    this.figures.primary += 1
    return work(this.#settings.primaryReads)
  }

  /** The replicas in turn, without those that are behind; null: none. */
  #next(): Replica | null {
    const { replicas } = this.#settings
    for (let tried = 0; tried < replicas.length; tried += 1) {
      this.#turn = (this.#turn + 1) % replicas.length
      const replica = replicas[this.#turn]
      if (replica !== undefined && this.#isUsable(replica)) return replica
    }
    return null
  }

  #isUsable({ lagMs }: Replica): boolean {
    return lagMs !== null && lagMs <= this.#settings.lagMsMax
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      // Without the primary, nothing is known about the lag, and no read is routed either.
      await this.#check().catch(() => undefined)
      await delay(checkMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #check(): Promise<void> {
    const atMs = performance.now()
    const position = await this.#position()
    if (position !== this.#samples.at(-1)?.position) this.#samples.push({ position, atMs })
    if (this.#samples.length > samplesMax) this.#samples.shift()
    await Promise.all(this.#settings.replicas.map((replica) => this.#measure(replica)))
    this.#measuredAtMs = performance.now()
  }

  async #measure(replica: Replica): Promise<void> {
    const before = this.#isUsable(replica)
    const replayed = await replica.replayed().catch(() => null)
    const missing = replayed === null ? undefined : this.#samples.find(({ position }) => position > replayed)
    if (replayed === null) replica.lagMs = null
    else replica.lagMs = missing === undefined ? 0 : performance.now() - missing.atMs
    const isUsable = this.#isUsable(replica)
    if (before !== isUsable && !this.#stop.signal.aborted) {
      const { name, lagMs } = replica
      this.#settings.log.warn({ replica: name, lagMs }, isUsable ? 'a replica gets reads' : 'a replica gets no reads')
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

/**
 * The reads of lists, statistics and exports by replicas; the others stay on the primary.
 *
 * @param requireAllClinics called before those over all clinics, see `EngineSettings`
 */
export function replicatedReads(
  primary: Reads,
  router: Pick<ReadRouter, 'read'>,
  requireAllClinics: () => void = () => undefined,
): Reads {
  return {
    ...primary,
    async bookingsOfAccount(query) {
      requireAllClinics()
      return router.read((reads) => reads.bookingsOfAccount(query))
    },
    bookingsOfClinic: (query) => router.read((reads) => reads.bookingsOfClinic(query)),
    requestsOfClinic: (query) => router.read((reads) => reads.requestsOfClinic(query)),
    eventsOfClinic: (query) => router.read((reads) => reads.eventsOfClinic(query)),
    newestEventsOfClinic: (query) => router.read((reads) => reads.newestEventsOfClinic(query)),
    clinicStats: (query) => router.read((reads) => reads.clinicStats(query)),
    async proof() {
      requireAllClinics()
      return router.read((reads) => reads.proof())
    },
  }
}
