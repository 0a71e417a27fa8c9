import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiResponse, call } from '@holdfast/server/test/running-server'
import type { SceneSlot } from './server-scene.ts'

/** A claim that got a response of success: its booking must exist from then on. */
export type ServerClaim = { key: string; bookingId: string; clinicNo: number; atMs: number }

type Options = { urls: readonly string[]; slots: readonly SceneSlot[]; clients: number }

const retryMs = 50
/** A claim that nobody answers for so long is a fault. */
const responseMsMax = 120_000

/** Books by HTTP on several servers until it is stopped. A claim that fails is repeated on the next, with its key. */
export class ServerLoad {
  readonly journal: ServerClaim[] = []
  /** Requests that failed and were repeated, by the kind of their failure. */
  readonly failed: Record<string, number> = {}
  /** What must not happen. */
  readonly faults: string[] = []
  readonly #options: Options
  readonly #clients: Promise<void>[]
  #next = 0
  #isStopped = false

  constructor(options: Options) {
    this.#options = options
    this.#clients = Array.from({ length: options.clients }, (_, client) => this.#runClient(client))
  }

  /** Waits until so many more were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const target = this.journal.length + more
    await this.#until(() => this.journal.length >= target)
  }

  /** Waits for so many acknowledgements in these clinics. */
  async untilAcknowledgedIn(clinicNos: ReadonlySet<number>, more = 1): Promise<void> {
    const from = this.journal.length
    await this.#until(() => this.journal.slice(from).filter(({ clinicNo }) => clinicNos.has(clinicNo)).length >= more)
  }

  /** The longest time without an acknowledgement in these clinics that ended after this moment. */
  gapMsIn(clinicNos: ReadonlySet<number>, momentMs: number): number {
    const times = this.journal.filter(({ clinicNo }) => clinicNos.has(clinicNo)).map(({ atMs }) => atMs)
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
  }

  async #until(isReached: () => boolean): Promise<void> {
    const endsAt = performance.now() + responseMsMax
    while (!isReached()) {
      if (performance.now() > endsAt || this.faults.length > 0) {
        throw new Error(`Nothing is acknowledged any more. ${this.faults.slice(0, 3).join('; ')}`)
      }
      await delay(10)
    }
  }

  async #runClient(client: number): Promise<void> {
    const { urls, slots } = this.#options
    while (!this.#isStopped) {
      const slot = slots[this.#next % slots.length]
      if (slot === undefined) return
      this.#next += 1
      const key = randomUUID()
      const response = await claimUntilAnswered(urls, slot.id, { key, first: client }, this.failed)
      if (response?.status === 201 || response?.status === 200) {
        const bookingId = String(response.body.id)
        this.journal.push({ key, bookingId, clinicNo: slot.clinicNo, atMs: performance.now() })
      } else {
        this.faults.push(response === null ? 'a claim got no response' : `${response.status} ${response.text}`)
        return
      }
    }
  }
}

type Claim = { key: string; first: number; isConfirmed?: boolean }

/** Sends a claim, with its key, to one server after the other, until one decides. @returns null: none did */
export async function claimUntilAnswered(
  urls: readonly string[],
  slotId: string,
  { key, first, isConfirmed = true }: Claim,
  failed: Record<string, number>,
): Promise<ApiResponse | null> {
  // The key finds the booking again.
  const body = { slotId, units: 1, confirm: isConfirmed, patient: { name: key } }
  const endsAt = performance.now() + responseMsMax
  for (let attempt = first; performance.now() < endsAt; attempt += 1) {
    const request = { method: 'POST', body, headers: { 'idempotency-key': key } }
    const response = await call(`${urls[attempt % urls.length]}/api/v1/bookings`, request).catch((error: unknown) => {
      // fetch throws a TypeError when there is no response.
      if (error instanceof TypeError) return null
      throw error
    })
    if (response !== null && response.status < 500 && response.status !== 429) return response
    const kind = response === null ? 'no response' : `${response.status} ${response.body.code}`
    failed[kind] = (failed[kind] ?? 0) + 1
    await delay(retryMs)
  }
  return null
}
