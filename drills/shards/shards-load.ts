import { setTimeout as delay } from 'node:timers/promises'
import { type ApiResponse, call } from '@holdfast/server/test/running-server'
import { type Random, randomOf } from '../chaos/chaos-random.ts'
import type { ShardsClinic, ShardsStage } from './shards-stage.ts'

/** A booking or a case, with the types of the events of its acknowledged changes. */
export type LoadedBooking = { id: string; clinicNo: number; isCase: boolean; slotId: string; events: string[] }

/** What was acknowledged. */
export type Journal = { bookings: LoadedBooking[]; entryIds: string[] }

/** An acknowledged request: when it was first sent, and when its client got the response (performance.now). */
export type Served = { clinicNo: number; beganMs: number; endedMs: number }

type Request = {
  path: string
  body: object
  key: string
  beganMs: number
  /** Before this moment it is not repeated. */
  dueMs: number
  note(response: ApiResponse['body']): void
}

/** What a client that has chosen the clinic does there. One client at a time works for a clinic. */
type Desk = { clinic: ShardsClinic; isBusy: boolean; waiting: Request | null; open: LoadedBooking[]; cases: number }

const attemptMsMax = 10_000
const retryMs = 200
/** A request that nobody answers for so long is a fault. */
const responseMsMax = 120_000
/** A server of two cores has time left. */
const pauseMs = 200
const openMax = 6
const caseMs = 600_000

/**
 * Clients that hold, book, confirm, move and cancel, book cases and join waitlists, in clinics that they choose. What
 * is not processed is repeated with its key, while the client works for other clinics.
 */
export class ShardsLoad {
  readonly journal: Journal = { bookings: [], entryIds: [] }
  readonly served: Served[] = []
  /** What must not happen. */
  readonly faults: string[] = []
  /** Requests that were not processed, and were repeated. */
  failedRequests = 0
  readonly #stage: ShardsStage
  readonly #desks: readonly Desk[]
  readonly #clients: Promise<void>[]
  readonly #casesFromMs = Math.ceil(Date.now() / 86_400_000 + 10) * 86_400_000
  #isStopped = false

  constructor(stage: ShardsStage, { clients, seed }: { clients: number; seed: number }) {
    this.#stage = stage
    this.#desks = stage.clinics.map((clinic) => ({ clinic, isBusy: false, waiting: null, open: [], cases: 0 }))
    this.#clients = Array.from({ length: clients }, (_, n) => this.#runClient(randomOf(seed + n + 1)))
  }

  /** Resolves when all requests that were begun have their responses. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
  }

  async #runClient(random: Random): Promise<void> {
    while (this.faults.length === 0) {
      const desk = this.#choose(random)
      if (desk === null && this.#isStopped && this.#desks.every(({ waiting }) => waiting === null)) return
      if (desk !== null) {
        desk.isBusy = true
        desk.waiting ??= this.#next(desk, random)
        await this.#attempt(desk, desk.waiting).catch((error: unknown) => void this.faults.push(String(error)))
        desk.isBusy = false
      }
      await delay(pauseMs)
    }
  }

  /** What waits to be repeated comes first. */
  #choose(random: Random): Desk | null {
    const now = performance.now()
    const idle = this.#desks.filter(({ isBusy }) => !isBusy)
    const due = idle.filter(({ waiting }) => waiting !== null && waiting.dueMs <= now)
    const free = this.#isStopped ? [] : idle.filter(({ waiting }) => waiting === null)
    const candidates = due.length > 0 ? due : free
    return candidates.length === 0 ? null : random.pick(candidates)
  }

  #next(desk: Desk, random: Random): Request {
    const { clinic, open } = desk
    const beganMs = performance.now()
    const [key, chosen] = [random.uuid(), { beganMs, dueMs: beganMs }]
    if (random.below(openMax) < open.length) return { ...chosen, ...this.#change(desk, random), key }
    const kind = random.below(10)
    const patient = { name: key, email: `${key}@patients.example.org` }
    if (kind === 0) {
      const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
      const entry = { clinicId: clinic.id, doctorId: clinic.doctorId, from: day, to: day, patient, onBehalf: true }
      const note = ({ id }: ApiResponse['body']) => void this.journal.entryIds.push(String(id))
      return { ...chosen, path: 'waitlist-entries', body: entry, key, note }
    }
    const confirm = random.below(3) === 0
    const isCase = kind < 3
    const slotId = random.pick(clinic.slotIds)
    const note = ({ id }: ApiResponse['body']) => {
      const booking = { id: String(id), clinicNo: clinic.no, isCase, slotId, events: [confirm ? 'confirmed' : 'held'] }
      this.journal.bookings.push(booking)
      open.push(booking)
    }
    if (!isCase) {
      return { ...chosen, path: 'bookings', body: { slotId, confirm, patient }, key, note }
    }
    const startsAt = new Date(this.#casesFromMs + desk.cases * caseMs).toISOString()
    desk.cases += 1
    const procedure = { code: '27447', display: 'Total knee arthroplasty' }
    const plan = { roomId: clinic.roomId, surgeonId: clinic.doctorId, startsAt, minutes: 10, service: 'Orthopaedics' }
    const body = { clinicId: clinic.id, ...plan, procedure, patient: { mrn: key, name: 'Ada Okafor' }, confirm }
    return { ...chosen, path: 'cases', body, key, note }
  }

  /** Confirms what is held, then moves or cancels it, or leaves it as it is. */
  #change({ clinic, open }: Desk, random: Random): Pick<Request, 'path' | 'body' | 'note'> {
    const booking = random.pick(open)
    const { id, isCase, events } = booking
    const isHeld = events.at(-1) === 'held'
    const isMoved = !isHeld && !isCase && random.below(2) === 0
    const type = isHeld && random.below(6) > 0 ? 'confirmed' : isMoved ? 'moved' : 'cancelled'
    const isLast = type === 'cancelled' || events.length > 2 || random.below(4) === 0
    const slotId = random.pick(clinic.slotIds.filter((one) => one !== booking.slotId))
    const note = () => {
      events.push(type)
      if (type === 'moved') booking.slotId = slotId
      if (isLast) open.splice(open.indexOf(booking), 1)
    }
    const path = `${isCase ? 'cases' : 'bookings'}/${id}`
    if (type === 'confirmed') return { path: `${path}/confirm`, body: {}, note }
    if (type === 'moved') return { path: `${path}/reschedule`, body: { slotId }, note }
    return { path: `${path}/cancel`, body: isCase ? { reasonCode: 'patient_cancelled' } : {}, note }
  }

  async #attempt(desk: Desk, { path, body, key, beganMs, note }: Request): Promise<void> {
    const { url, bearer } = this.#stage
    const signal = AbortSignal.timeout(attemptMsMax)
    const request = { method: 'POST', bearer, body, headers: { 'idempotency-key': key }, signal }
    const response = await call(`${url}/api/v1/${path}`, request).catch((error: unknown) => {
      // fetch throws a TypeError when there is no response.
      if (error instanceof TypeError || signal.aborted) return null
      throw error
    })
    const endedMs = performance.now()
    if (response !== null && response.status < 300) {
      note(response.body)
      desk.waiting = null
      this.served.push({ clinicNo: desk.clinic.no, beganMs, endedMs })
      return
    }
    if (response !== null && response.status < 500 && response.status !== 429) {
      throw new Error(`${path}: ${response.status} ${response.text.slice(0, 300)}`)
    }
    if (endedMs - beganMs > responseMsMax) throw new Error(`${path}: no response in ${responseMsMax / 1_000} s`)
    this.failedRequests += 1
    if (desk.waiting !== null) desk.waiting.dueMs = endedMs + retryMs
  }
}
