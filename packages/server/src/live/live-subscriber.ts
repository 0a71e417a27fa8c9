import type { LiveServerMessage } from '@holdfast/contract'
import { type ChangesMessage, LiveFrame } from './live-frame.ts'

/** The connection to one client. No method waits. */
export type LiveTransport = {
  kind: 'socket' | 'events'
  send(frame: LiveFrame): void
  /** Bytes sent that the client has not received yet. */
  bufferedBytes(): number
  /** Closes the connection. @param code a WebSocket close code: 1001 the server stops, 1008 the client broke a rule */
  end(code: number, reason: string): void
  /** Closes the connection without a closing handshake. */
  destroy(): void
  /** Sends a heartbeat, and closes the connection if the client did not respond to the one before. */
  beat(position: string): void
}

/**
 * What changed after the position `after` while a client was disconnected. `unknown`: the doctors of which it is not
 * known.
 */
export type Missed = { after: string; slotIds: ReadonlyMap<string, readonly string[]>; unknown: readonly string[] }

/**
 * - following: each message is sent at once.
 * - catching up: the slots that the client missed are being read. Newer messages are merged into them; null: not read.
 * - behind: the client does not read fast enough, and is sent nothing until it has read what was sent.
 *
 * The last two end with a `resync` of the doctors in `unsent`.
 */
type State =
  | { kind: 'following' }
  | { kind: 'catching up'; slots: Map<string, Map<string, number | null>>; unsent: Set<string> }
  | { kind: 'behind'; sinceMs: number; unsent: Set<string> }
  | { kind: 'closed' }

/** If more slots of a doctor have changed, the client is sent a `resync` instead. */
const slotsPerDoctorMax = 1_000

/** One connection, its subscribed doctors, and what it still has to receive. */
export class LiveSubscriber {
  readonly transport: LiveTransport
  readonly #bufferedBytesMax: number
  readonly #onSent: (message: LiveServerMessage) => void
  readonly #doctorIds = new Set<string>()
  #state: State = { kind: 'following' }
  /** The last position that was sent. Until the client is following, it is sent no newer one. */
  #position = '0'

  constructor(transport: LiveTransport, bufferedBytesMax: number, onSent: (message: LiveServerMessage) => void) {
    this.transport = transport
    this.#bufferedBytesMax = bufferedBytesMax
    this.#onSent = onSent
  }

  get doctorIds(): ReadonlySet<string> {
    return this.#doctorIds
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  get isFull(): boolean {
    return this.transport.bufferedBytes() > this.#bufferedBytesMax
  }

  /** The slots that `catchUp` needs. */
  get missedSlotIds(): string[] {
    if (this.#state.kind !== 'catching up') return []
    return [...this.#state.slots.values()].flatMap((slots) => [...slots.keys()])
  }

  /**
   * Adds the doctors and sends `subscribed`.
   *
   * @param position everything at or before it has been sent to all subscribers that follow
   * @returns whether slots were missed, and `catchUp` has to be called
   */
  subscribe(doctorIds: readonly string[], position: string, missed: Missed | null): boolean {
    const state = this.#state
    if (state.kind === 'closed') return false
    for (const doctorId of doctorIds) this.#doctorIds.add(doctorId)
    const subscribed = { type: 'subscribed' as const, doctorIds: [...doctorIds] }
    if (state.kind !== 'following') {
      this.#send(new LiveFrame({ ...subscribed, position: this.#position }))
      for (const doctorId of doctorIds) skip(state, doctorId)
      return false
    }
    const isUpToDate = missed === null || missed.slotIds.size + missed.unknown.length === 0
    // If the connection is lost before the changes have been sent, the client resumes from the same position again.
    this.#send(new LiveFrame({ ...subscribed, position: isUpToDate ? position : missed.after }))
    if (isUpToDate) return false
    const slots = new Map<string, Map<string, number | null>>()
    for (const [doctorId, slotIds] of missed.slotIds) slots.set(doctorId, new Map(slotIds.map((id) => [id, null])))
    this.#state = { kind: 'catching up', slots, unsent: new Set(missed.unknown) }
    if (slots.size === 0) this.catchUp(new Map(), position)
    return slots.size > 0
  }

  /** @returns whether it was subscribed */
  unsubscribe(doctorId: string): boolean {
    if (this.#state.kind === 'catching up') this.#state.slots.delete(doctorId)
    if ('unsent' in this.#state) this.#state.unsent.delete(doctorId)
    return this.#doctorIds.delete(doctorId)
  }

  /** @returns false if the subscriber is behind: `recover` has to be called until it is not */
  offer(frame: LiveFrame<ChangesMessage>): boolean {
    const state = this.#state
    if (state.kind === 'closed') return true
    if (state.kind === 'following' && !this.isFull) {
      this.#send(frame)
      return true
    }
    const { message } = frame
    const doctorIds = message.type === 'slots' ? [message.doctorId] : message.doctorIds
    if (state.kind === 'following') {
      this.#state = { kind: 'behind', sinceMs: performance.now(), unsent: new Set(doctorIds) }
      return false
    }
    for (const doctorId of doctorIds) {
      if (state.kind === 'behind') skip(state, doctorId)
      else merge(state, doctorId, message)
    }
    return state.kind !== 'behind'
  }

  /**
   * Sends what the client missed.
   *
   * @param available of the slots in `missedSlotIds`; null: they could not be read
   */
  catchUp(available: ReadonlyMap<string, number> | null, position: string): void {
    if (this.#state.kind !== 'catching up') return
    const { slots, unsent } = this.#state
    const messages: ((position: string) => LiveServerMessage)[] = []
    for (const [doctorId, changed] of slots) {
      const items: { id: string; available: number }[] = []
      for (const [id, newer] of changed) {
        const units = newer ?? available?.get(id)
        if (units !== undefined) items.push({ id, available: units })
      }
      if (available === null) unsent.add(doctorId)
      else if (items.length > 0) messages.push((position) => ({ type: 'slots', doctorId, items, position }))
    }
    if (unsent.size > 0) messages.push((position) => ({ type: 'resync', doctorIds: [...unsent], position }))
    this.#state = { kind: 'following' }
    // Only the last one has the new position: a client that loses its connection before it resumes from the old one.
    const last = messages.pop()
    for (const message of messages) this.#send(new LiveFrame(message(this.#position)))
    if (last !== undefined) this.#send(new LiveFrame(last(position)))
  }

  /** Sends a subscriber that is behind its `resync` once it has read enough. @returns whether it is still behind */
  recover(position: string, behindMsMax: number): boolean {
    if (this.#state.kind !== 'behind') return false
    const { sinceMs, unsent } = this.#state
    if (this.transport.bufferedBytes() > this.#bufferedBytesMax / 4) {
      if (performance.now() - sinceMs > behindMsMax) this.transport.destroy()
      return true
    }
    this.#state = { kind: 'following' }
    if (unsent.size > 0) this.#send(new LiveFrame({ type: 'resync', doctorIds: [...unsent], position }))
    return false
  }

  /** @param position everything at or before it has been sent to all subscribers that follow */
  beat(position: string): void {
    this.transport.beat(this.#state.kind === 'following' ? position : this.#position)
  }

  close(): void {
    this.#state = { kind: 'closed' }
  }

  #send(frame: LiveFrame): void {
    this.transport.send(frame)
    if ('position' in frame.message) this.#position = frame.message.position
    this.#onSent(frame.message)
  }
}

type Unsent = Extract<State, { unsent: Set<string> }>

function merge(state: Extract<State, { kind: 'catching up' }>, doctorId: string, message: ChangesMessage): void {
  const slots = state.slots.get(doctorId) ?? new Map<string, number | null>()
  state.slots.set(doctorId, slots)
  if (message.type === 'slots') for (const { id, available } of message.items) slots.set(id, available)
  if (message.type !== 'slots' || state.unsent.has(doctorId) || slots.size > slotsPerDoctorMax) skip(state, doctorId)
}

/** The doctor's lists have to be read again. */
function skip(state: Unsent, doctorId: string): void {
  if (state.kind === 'catching up') state.slots.delete(doctorId)
  state.unsent.add(doctorId)
}
