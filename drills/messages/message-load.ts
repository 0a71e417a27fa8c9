import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiResponse, call } from '@holdfast/server/test/running-server'
import { type Description, until } from '@holdfast/testkit'
import { type Random, randomOf } from '../chaos/chaos-random.ts'
import type { Change, JournalledBooking } from './message-faults.ts'
import type { MessageStage } from './message-stage.ts'

type Options = Pick<MessageStage, 'bearer' | 'room'> & { url: string; clients: number; seed: number }

const retryMs = 100
/** Then a request is repeated, as when the connection is lost. */
const requestMsMax = 30_000
/** A request that nobody answers for so long is a fault. */
const responseMsMax = 300_000
/** What the load causes happens within this time. */
const causedMsMax = 300_000
/**
 * The pause between two changes of a booking: some come before the e-mail about the former one is sent, and some after
 * it.
 */
const pauseMsMax = 1_500
const movesMax = 2

/**
 * Guests book, confirm, move and cancel, and so does the clinic for them. A request that fails is sent again, with its
 * key, until it is answered; then it is noted what was acknowledged.
 */
export class MessageLoad {
  readonly journal: JournalledBooking[] = []
  /** The bookings that have had their last change, with its version. */
  readonly done = new Map<string, number>()
  /** What must not happen. */
  readonly faults: string[] = []
  acknowledged = 0
  /** Requests that failed and were repeated. */
  failedRequests = 0
  /** Requests that wait for their responses. */
  inFlight = 0
  readonly #options: Options
  readonly #clients: Promise<void>[]
  #isStopped = false

  constructor(options: Options) {
    this.#options = options
    this.#clients = Array.from({ length: options.clients }, (_, n) => this.#runClient(randomOf(options.seed + n + 1)))
  }

  /** Resolves when all bookings that were begun have their last change. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
  }

  /** Waits until so many more changes were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const target = this.acknowledged + more
    await this.until(
      async () => this.acknowledged >= target,
      () => `${target} acknowledged changes, not ${this.acknowledged}`,
    )
  }

  /** Waits for what the load causes. @throws Error at once if the load has ended, because something is wrong */
  async until<Value>(ask: () => Promise<Value | undefined | false>, describe: Description): Promise<Value> {
    return until(
      () => {
        if (this.faults.length > 0) throw new Error(this.faults.slice(0, 3).join('; '))
        return ask()
      },
      describe,
      causedMsMax,
    )
  }

  async #runClient(random: Random): Promise<void> {
    while (!this.#isStopped && this.faults.length === 0) {
      await this.#runBooking(random).catch((error: unknown) => void this.faults.push(String(error)))
    }
  }

  /** A hold that is confirmed or released, or a booking confirmed at once; then it may be moved and cancelled. */
  async #runBooking(random: Random): Promise<void> {
    const email = `${random.uuid()}@patients.example.org`
    const confirm = random.below(3) === 0
    let slotId = this.#someSlot(random)
    const body = { slotId, confirm, patient: { name: 'P', email } }
    const headers = { 'x-forwarded-for': `10.${random.below(256)}.${random.below(256)}.${random.below(256)}` }
    const created = await this.#send('bookings', body, { headers })
    const { id, manageToken } = created
    const booking: JournalledBooking = { id: String(id), email, changes: [] }
    this.journal.push(booking)
    const note = (what: Change['what'], { startsAt }: ApiResponse['body']) => {
      this.acknowledged += 1
      const version = booking.changes.length + 1
      booking.changes.push({ version, what, startsAt: new Date(String(startsAt)).toISOString() })
    }
    note(confirm ? 'confirmed' : 'created', created)
    const change = async (path: string, what: Change['what'], changed: object = {}) => {
      await delay(random.below(pauseMsMax))
      const bearer = random.below(2) === 0 ? this.#options.bearer : String(manageToken)
      note(what, await this.#send(`bookings/${id}/${path}`, changed, { bearer, headers }))
    }
    // Nobody gets an e-mail about a hold that was never confirmed.
    const isReleased = !confirm && random.below(6) === 0
    if (!confirm && !isReleased) await change('confirm', 'confirmed')
    for (let moves = isReleased ? 0 : random.below(movesMax + 1); moves > 0; moves -= 1) {
      slotId = this.#someSlot(random, slotId)
      await change('reschedule', 'moved', { slotId })
    }
    if (isReleased || random.below(3) === 0) await change('cancel', 'cancelled')
    this.done.set(booking.id, booking.changes.length)
  }

  #someSlot(random: Random, other?: string): string {
    return random.pick(this.#options.room.slotIds.filter((id) => id !== other))
  }

  /** @throws Error if nobody answers, or if the response is not a success */
  async #send(path: string, body: object, request: { bearer?: string; headers: Record<string, string> }) {
    const headers = { ...request.headers, 'idempotency-key': randomUUID() }
    const endsAtMs = performance.now() + responseMsMax
    while (performance.now() < endsAtMs) {
      this.inFlight += 1
      const signal = AbortSignal.timeout(requestMsMax)
      const all = { ...request, method: 'POST', body, headers, signal }
      const response = await call(`${this.#options.url}/api/v1/${path}`, all)
        .catch((error: unknown) => {
          // fetch throws a TypeError when there is no response.
          if (error instanceof TypeError || signal.aborted) return null
          throw error
        })
        .finally(() => {
          this.inFlight -= 1
        })
      if (response !== null && response.status < 300) return response.body
      if (response !== null && response.status < 500) throw new Error(`${path}: ${response.status} ${response.text}`)
      this.failedRequests += 1
      await delay(retryMs)
    }
    throw new Error(`${path}: no response in ${responseMsMax / 1_000} s`)
  }
}
