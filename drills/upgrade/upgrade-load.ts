import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AcknowledgedClaim } from '../load/claim-load.ts'
import { KeptConnection, NoResponse, type Received, type Sent } from './kept-connection.ts'

/** What a client does in turn. A keyless booking is not repeated by nginx. */
type Kind = 'keyed booking' | 'keyless booking' | 'own booking' | 'list'

/** Requests by their outcome. `repeated`: of those that succeeded, sent again because a kept connection had closed. */
export type Counted = { ok: number; failed: number; repeated: number; slowestMs: number }

export type UpgradeLoadOptions = {
  url: string
  bearer: string
  doctors: readonly { id: string; slotIds: readonly string[] }[]
  /** The days of the lists. */
  days: { from: string; to: string }
  clients: number
}

const failuresShownMax = 20
const keylessEvery = 4
const disconnectEvery = 10
const none = (): Counted => ({ ok: 0, failed: 0, repeated: 0, slowestMs: 0 })

/**
 * Clients that book, read their booking and a list, each over one connection that stays open. They have no pauses. They
 * repeat nothing, unless {@link mayRepeat} is set.
 */
export class UpgradeLoad {
  readonly journal: AcknowledgedClaim[] = []
  /** What failed first, with the step. */
  readonly failures: string[] = []
  readonly steps: ({ what: string } & Counted)[] = []
  /**
   * Whether a request is sent again, once, if its kept connection ended before a response: as browsers do. nginx closes
   * such connections when it reads its files again.
   */
  mayRepeat = false
  readonly #options: UpgradeLoadOptions
  readonly #clients: Promise<void>[]
  #sent = 0
  #isStopped = false

  constructor(options: UpgradeLoadOptions) {
    this.#options = options
    this.begin('before')
    this.#clients = Array.from({ length: options.clients }, () => this.#runClient())
  }

  /** Counts what ends from now on as a step's. */
  begin(what: string): void {
    this.steps.push({ what, ...none() })
  }

  get total(): Counted {
    return this.steps.reduce(
      (sum, { ok, failed, repeated, slowestMs }) => ({
        ok: sum.ok + ok,
        failed: sum.failed + failed,
        repeated: sum.repeated + repeated,
        slowestMs: Math.max(sum.slowestMs, slowestMs),
      }),
      none(),
    )
  }

  /** Waits until so many more requests have ended. */
  async untilEnded(more: number): Promise<void> {
    const ended = () => this.total.ok + this.total.failed
    const target = ended() + more
    while (ended() < target) await delay(20)
  }

  /** Resolves when every request that was begun has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
  }

  async #runClient(): Promise<void> {
    const connection = new KeptConnection(this.#options.url)
    while (!this.#isStopped) {
      const turn = this.#sent++
      const { doctors } = this.#options
      const doctor = doctors[turn % doctors.length]
      if (doctor === undefined) throw new Error('There is no doctor.')
      if (turn % disconnectEvery === 0) connection.disconnect()
      const slotId = doctor.slotIds[turn % doctor.slotIds.length] ?? ''
      const bookingId = await this.#book(connection, slotId, turn % keylessEvery !== 0)
      if (bookingId !== null) await this.#read(connection, 'own booking', `/api/v1/bookings/${bookingId}`)
      const { from, to } = this.#options.days
      await this.#read(connection, 'list', `/api/v1/doctors/${doctor.id}/slots?from=${from}&to=${to}`)
      // All together send less than the 1,000 requests per second that nginx accepts from one address.
      await delay(4 * this.#options.clients)
    }
    connection.close()
  }

  /** @returns the booking; null: there is none, or its response was lost */
  async #book(connection: KeptConnection, slotId: string, hasKey: boolean): Promise<string | null> {
    const key = randomUUID()
    // By the name, the booking is found again.
    const body = { slotId, units: 1, confirm: true, patient: { name: key } }
    const headers = hasKey ? { ...this.#authorization, 'idempotency-key': key } : this.#authorization
    const sent: Sent = { method: 'POST', path: '/api/v1/bookings', headers, body }
    const received = await this.#count(hasKey ? 'keyed booking' : 'keyless booking', connection, sent)
    if (received === null) return null
    const bookingId = String(received.body.id)
    this.journal.push({ key, bookingId, atMs: performance.now() })
    return bookingId
  }

  #read(connection: KeptConnection, kind: Kind, path: string) {
    return this.#count(kind, connection, { method: 'GET', path, headers: this.#authorization })
  }

  get #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#options.bearer}` }
  }

  /** @returns the response of success; null: it failed, and has been counted so */
  async #count(kind: Kind, connection: KeptConnection, sent: Sent): Promise<Received | null> {
    const beganMs = performance.now()
    const outcome = await this.#send(connection, sent)
    const step = this.steps.at(-1) ?? { what: '', ...none() }
    step.slowestMs = Math.max(step.slowestMs, Math.round(performance.now() - beganMs))
    if (typeof outcome !== 'string' && (outcome.status === 200 || outcome.status === 201)) {
      step.ok += 1
      return outcome
    }
    step.failed += 1
    const reason = typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.body.code}`
    if (this.failures.length < failuresShownMax) this.failures.push(`${step.what}: ${kind}: ${reason}`)
    return null
  }

  /** @returns why there is no response, or the response */
  async #send(connection: KeptConnection, sent: Sent, isAgain = false): Promise<Received | string> {
    try {
      return await connection.send(sent)
    } catch (error) {
      if (!(error instanceof NoResponse)) throw error
      if (!this.mayRepeat || isAgain || !error.wasReused) return error.message
      const step = this.steps.at(-1)
      if (step !== undefined) step.repeated += 1
      return this.#send(connection, sent, true)
    }
  }
}
