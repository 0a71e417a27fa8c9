import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { aClaim, type BuiltSlot } from '@holdfast/testkit'
import type { OpenShards } from './citus-shards.ts'

/** A claim whose booking must exist from then on. */
export type CitusClaim = { key: string; bookingId: string; schema: string; atMs: number }

type Options = { shards: OpenShards; slots: readonly BuiltSlot[]; clients: number }

const retryMs = 20
const responseMsMax = 120_000

/** Books by the engines of the shards until it is stopped. A claim that fails is made again, with its key. */
export class CitusLoad {
  readonly journal: CitusClaim[] = []
  repeated = 0
  readonly #options: Options
  readonly #clients: Promise<void>[]
  #next = 0
  #failure: Error | null = null
  #isStopped = false

  constructor(options: Options) {
    this.#options = options
    this.#clients = Array.from({ length: options.clients }, () => this.#runClient())
  }

  /** Waits until so many more were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const target = this.journal.length + more
    await this.#until(() => this.journal.length >= target)
  }

  /** Waits for the next acknowledgement in a shard. */
  async untilAcknowledgedIn(schema: string): Promise<void> {
    const from = this.journal.length
    await this.#until(() => this.journal.slice(from).some((claim) => claim.schema === schema))
  }

  /** The longest time without an acknowledgement in these shards that ended after this moment. */
  gapMsIn(schemas: readonly string[], momentMs: number): number {
    const times = this.journal.filter((claim) => schemas.includes(claim.schema)).map(({ atMs }) => atMs)
    const first = times.findIndex((atMs) => atMs > momentMs)
    return times
      .slice(first)
      .map((atMs, index) => atMs - (times[first + index - 1] ?? momentMs))
      .reduce((one, other) => Math.max(one, other), 0)
  }

  /** Resolves when all claims that were begun have their responses. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
    if (this.#failure !== null) throw this.#failure
  }

  async #until(isReached: () => boolean): Promise<void> {
    const endsAt = performance.now() + responseMsMax
    while (!isReached()) {
      if (this.#failure !== null) throw this.#failure
      if (performance.now() > endsAt) throw new Error('Nothing is acknowledged any more.')
      await delay(5)
    }
  }

  async #runClient(): Promise<void> {
    const { shards, slots } = this.#options
    while (!this.#isStopped) {
      const slot = slots[this.#next % slots.length]
      if (slot === undefined) return
      this.#next += 1
      const key = randomUUID()
      // The key finds the booking again.
      const claim = aClaim(slot, { key, confirm: true, patient: { name: key } })
      const endsAt = performance.now() + responseMsMax
      for (;;) {
        const { engine, schema } = shards.open(slot.clinicNo)
        const outcome = await engine.claim(claim).catch((error: unknown) => error)
        const kind = outcome instanceof Error ? null : (outcome as { kind: string }).kind
        if (kind === 'booked' || kind === 'replayed') {
          const { booking } = outcome as { booking: { id: string } }
          this.journal.push({ key, bookingId: booking.id, schema, atMs: performance.now() })
          break
        }
        this.repeated += 1
        if (performance.now() > endsAt) {
          this.#failure ??= new Error(`A claim was not answered: ${kind}`, { cause: outcome })
          return
        }
        await delay(retryMs)
      }
    }
  }
}
