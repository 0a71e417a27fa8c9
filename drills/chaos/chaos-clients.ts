import { setTimeout as delay } from 'node:timers/promises'
import { clinicNoOf } from '@holdfast/engine'
import { call } from '@holdfast/server/test/running-server'
import type { Random } from './chaos-random.ts'
import type { Stage } from './chaos-stage.ts'

const changes = ['confirm', 'extend', 'cancel', 'arrive', 'complete', 'reopen', 'reschedule'] as const
const kinds = ['claim', ...changes, 'withdraw', 'create', 'rename'] as const

export type RequestKind = (typeof kinds)[number]

/** A write that got a response of success: what it says must be true. */
export type Acknowledged = {
  kind: RequestKind
  key: string
  /** The booking; for slots that were created, their doctor. */
  id: string
  /** Where it is booked or was moved to, or what was withdrawn. */
  slotId: string
  /** The start of a slot created, the new name of a doctor. */
  text: string
}

export type Ledger = {
  acknowledged: Acknowledged[]
  /** Responses by kind of request and status. */
  counts: Map<string, number>
  /** What must not happen, whatever is disturbed. */
  faults: string[]
  retries: number
  bookingIds: string[]
}

export const emptyLedger = (): Ledger => ({
  acknowledged: [],
  counts: new Map(),
  faults: [],
  retries: 0,
  bookingIds: [],
})

/** A kind is as frequent as its weight. */
const weights: Record<RequestKind, number> = {
  claim: 40,
  confirm: 14,
  extend: 6,
  cancel: 12,
  arrive: 6,
  complete: 4,
  reopen: 6,
  reschedule: 14,
  withdraw: 1,
  create: 2,
  rename: 2,
}
const weighted = kinds.flatMap((kind) => Array<RequestKind>(weights[kind]).fill(kind))
/** Clients that happen to choose the same one send the same claim. */
const sharedKeysMax = 400
const responseMsMax = 120_000

type Request = { method: string; path: string; body?: object }
type Chosen = Omit<Acknowledged, 'id'> & { id: string; request: Request }

/** Chooses what a client does next; null: there is nothing to change yet. */
function choose(stage: Stage, random: Random, ledger: Ledger, keys: string[]): Chosen | null {
  const kind = random.pick(weighted)
  const post = (path: string, body: object = {}): Request => ({ method: 'POST', path, body })
  const chosen = { kind, key: random.uuid(), id: '', slotId: '', text: '' }
  if (kind === 'claim') {
    // The same key always has the same body.
    const at = random.below(sharedKeysMax)
    const isShared = random.below(3) === 0
    const key = isShared ? (keys[at] ?? chosen.key) : chosen.key
    const number = isShared ? at : random.below(sharedKeysMax)
    const slotId = stage.slots[number % stage.slots.length]?.id ?? ''
    const body = { slotId, units: 1 + (number % 2), confirm: number % 3 === 0, patient: { name: 'P' } }
    return { ...chosen, key, slotId, request: post('bookings', body) }
  }
  if (kind === 'withdraw') {
    // Each clinic keeps most of its slots.
    const slotId = stage.slots[random.below(stage.slots.length / 8) * 8 + 7]?.id ?? ''
    return { ...chosen, slotId, request: { method: 'DELETE', path: `slots/${slotId}?withBookings=true` } }
  }
  if (kind === 'create' || kind === 'rename') {
    const { id } = random.pick(stage.doctors)
    if (kind === 'rename') {
      const text = `Dr. ${random.uuid().slice(0, 8)}`
      return { ...chosen, id, text, request: { method: 'PATCH', path: `doctors/${id}`, body: { name: text } } }
    }
    const startsAt = new Date(Math.ceil(Date.now() / 900_000) * 900_000 + (5 * 96 + random.below(96)) * 900_000)
    const endsAt = new Date(startsAt.getTime() + 900_000)
    const slots = [{ startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString(), capacity: 2 }]
    return { ...chosen, id, text: startsAt.toISOString(), request: post(`doctors/${id}/slots`, { slots }) }
  }
  if (ledger.bookingIds.length === 0) return null
  // Recent ones are still holds.
  const id = random.pick(ledger.bookingIds.slice(-60))
  const ofClinic = stage.slots.filter(({ clinicNo }) => clinicNo === clinicNoOf(id))
  const slotId = kind === 'reschedule' ? random.pick(ofClinic).id : ''
  return { ...chosen, id, slotId, request: post(`bookings/${id}/${kind}`, kind === 'reschedule' ? { slotId } : {}) }
}

/**
 * Sends a request until a server answers it, to one server after the other, always with the same key.
 *
 * @returns null: there is no response in two minutes
 */
async function send(stage: Stage, random: Random, ledger: Ledger, { key, kind, request }: Chosen) {
  const { method, path, body } = request
  const endsAtMs = performance.now() + responseMsMax
  for (let at = random.below(2); performance.now() < endsAtMs; at += 1) {
    const url = `${stage.servers[at % 2 === 0 ? 0 : 1].url}/api/v1/${path}`
    const headers = { 'idempotency-key': key }
    const response = await call(url, { method, bearer: stage.bearer, body, headers }).catch((error: unknown) => {
      if (error instanceof TypeError) return null
      throw error
    })
    if (response !== null && response.status < 500) return response
    if (response !== null && response.status !== 503) {
      ledger.faults.push(`${kind}: ${response.status} ${response.text.slice(0, 300)}`)
      return null
    }
    ledger.retries += 1
    await delay(50 + random.below(200))
  }
  ledger.faults.push(`${kind}: no response in ${responseMsMax / 1_000} s`)
  return null
}

/** One client, which sends one request after the other. Its last one ends when it has its response. */
export async function runClient(stage: Stage, random: Random, keys: string[], ledger: Ledger, isOver: () => boolean) {
  while (!isOver()) {
    const chosen = choose(stage, random, ledger, keys)
    if (chosen === null) {
      await delay(10)
      continue
    }
    const response = await send(stage, random, ledger, chosen)
    if (response === null) continue
    const name = `${chosen.kind} ${response.status}`
    ledger.counts.set(name, (ledger.counts.get(name) ?? 0) + 1)
    if (response.status >= 300) continue
    const { kind, key, slotId, text } = chosen
    const id = kind === 'claim' ? String(response.body.id) : chosen.id
    ledger.acknowledged.push({ kind, key, id, slotId, text })
    if (kind === 'claim' && response.status === 201) ledger.bookingIds.push(id)
  }
}

export const sharedKeys = (random: Random): string[] => Array.from({ length: sharedKeysMax }, () => random.uuid())
