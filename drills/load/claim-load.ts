import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiResponse, call } from '@holdfast/server/test/running-server'
import type pg from 'pg'
import type { Room } from './booking-load.ts'

/** A claim that got a response of success: its booking must exist from then on. */
export type AcknowledgedClaim = { key: string; bookingId: string; atMs: number }

export type LoadOptions = {
  /** The site's address. */
  url: string
  bearer: string
  room: Room
  clients: number
  /** How long each client waits between two claims. */
  pauseMs: number
  /** Negative control: false sends claims without an Idempotency-Key. */
  hasKeys?: boolean
}

const retryMs = 100
/** A claim that nobody answers for so long is a fault. */
const responseMsMax = 300_000

/** Books places by HTTP until it is stopped. A claim that fails is sent again, with its key, until it is answered. */
export class ClaimLoad {
  readonly journal: AcknowledgedClaim[] = []
  /** What must not happen. */
  readonly faults: string[] = []
  /** Requests that failed and were repeated. */
  failedRequests = 0
  readonly #options: LoadOptions
  readonly #clients: Promise<void>[]
  #next = 0
  #isStopped = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#clients = Array.from({ length: options.clients }, () => this.#runClient())
  }

  /** Resolves when all claims that were begun have their responses. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
  }

  /** Waits until so many more were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const [target, endsAtMs] = [this.journal.length + more, performance.now() + responseMsMax]
    while (this.journal.length < target) {
      if (performance.now() > endsAtMs || this.faults.length > 0) {
        throw new Error(`No ${more} claims were acknowledged. ${this.faults.slice(0, 3).join('; ')}`)
      }
      await delay(20)
    }
  }

  /** The longest time without an acknowledgement that ended after this moment. */
  gapMsAfter(momentMs: number): number {
    const times = this.journal.map(({ atMs }) => atMs)
    const first = times.findIndex((atMs) => atMs > momentMs)
    if (first < 0) return Number.POSITIVE_INFINITY
    const gaps = times.slice(first).map((atMs, index) => atMs - (times[first + index - 1] ?? momentMs))
    return gaps.reduce((one, other) => Math.max(one, other), 0)
  }

  async #runClient(): Promise<void> {
    const { room, pauseMs } = this.#options
    while (!this.#isStopped) {
      const slotId = room.slotIds[this.#next % room.slotIds.length] ?? ''
      this.#next += 1
      const key = randomUUID()
      const response = await this.#claim(key, slotId)
      if (response?.status === 201 || response?.status === 200) {
        this.journal.push({ key, bookingId: String(response.body.id), atMs: performance.now() })
      } else {
        this.faults.push(response === null ? 'a claim got no response' : `${response.status} ${response.text}`)
        return
      }
      await delay(pauseMs)
    }
  }

  /** @returns null: nobody answered */
  async #claim(key: string, slotId: string): Promise<ApiResponse | null> {
    const { url, bearer, hasKeys = true } = this.#options
    // The key finds the booking again.
    const body = { slotId, units: 1, confirm: true, patient: { name: key } }
    const endsAtMs = performance.now() + responseMsMax
    while (performance.now() < endsAtMs) {
      const headers: Record<string, string> = hasKeys ? { 'idempotency-key': key } : {}
      const request = { method: 'POST', bearer, body, headers }
      const response = await call(`${url}/api/v1/bookings`, request).catch((error: unknown) => {
        // fetch throws a TypeError when there is no response.
        if (error instanceof TypeError) return null
        throw error
      })
      if (response !== null && response.status < 500 && response.status !== 429) return response
      this.failedRequests += 1
      await delay(retryMs)
    }
    return null
  }
}

/** How many acknowledged bookings are missing from the database, and how many of its bookings have another's key. */
export async function compareWithDatabase(
  pool: pg.Pool,
  { clinic }: { clinic: Pick<Room['clinic'], 'no'> },
  journal: readonly AcknowledgedClaim[],
) {
  const acknowledged = [...journal]
  const { rows } = await pool.query<{ id: string; name: string }>(
    `select id, patient->>'name' as name from holdfast.booking where clinic_no = $1`,
    [clinic.no],
  )
  const ids = new Set(rows.map(({ id }) => id))
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter(({ bookingId }) => !ids.has(bookingId)).length,
    duplicated: rows.length - new Set(rows.map(({ name }) => name)).size,
  }
}
