import { positionsMax } from '@holdfast/contract/position'
import { clinicNoIn } from '@holdfast/engine'
import { LiveFrame } from './live-frame.ts'
import type { LiveHub } from './live-hub.ts'
import type { LiveConnection } from './live-places.ts'
import type { LiveSubscriber, LiveTransport } from './live-subscriber.ts'

/**
 * One connection with a subscriber in the hub of each shard whose doctors it follows. All of them send on the same
 * transport. The position of each message has a part for each of these shards: a client that stores the last one can
 * resume everywhere.
 */
export class ShardedConnection implements LiveConnection {
  readonly transport: LiveTransport
  readonly #bufferedBytesMax: number
  readonly #subscribers = new Map<LiveHub, LiveSubscriber>()
  /** The last one sent by each shard, or known at the last heartbeat. The newest are at the end. */
  readonly #positions = new Map<LiveHub, string>()
  #isClosed = false

  constructor(transport: LiveTransport, bufferedBytesMax: number) {
    this.transport = transport
    this.#bufferedBytesMax = bufferedBytesMax
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isFull(): boolean {
    return this.transport.bufferedBytes() > this.#bufferedBytesMax
  }

  /** The shards in which it has, or had, doctors. */
  get hubs(): Iterable<LiveHub> {
    return this.#subscribers.keys()
  }

  /** How many doctors it would follow with these. */
  doctorsWith(doctorIds: readonly string[]): number {
    const all = new Set(doctorIds)
    for (const subscriber of this.#subscribers.values()) for (const id of subscriber.doctorIds) all.add(id)
    return all.size
  }

  /** Whether it follows a doctor of the clinic. */
  follows(clinicNo: number): boolean {
    for (const { doctorIds } of this.#subscribers.values()) {
      for (const id of doctorIds) if (clinicNoIn(id) === clinicNo) return true
    }
    return false
  }

  /** Its subscriber in a shard; a new one if it has none. */
  in(hub: LiveHub): LiveSubscriber {
    return this.#subscribers.getOrInsertComputed(hub, () => hub.connect(this.#transportOf(hub), false))
  }

  /** One heartbeat, with what all shards have sent by now. */
  beat(): void {
    for (const [hub, subscriber] of this.#subscribers) if (subscriber.doctorIds.size > 0) hub.beat(subscriber)
    this.transport.beat(this.#position)
  }

  close(): void {
    this.#isClosed = true
    for (const [hub, subscriber] of this.#subscribers) hub.disconnect(subscriber)
  }

  /** The transport, as the shard's subscriber gets it. The limit of unread bytes is that of the whole connection. */
  #transportOf(hub: LiveHub): LiveTransport {
    return {
      ...this.transport,
      send: (frame) => this.transport.send(this.#positioned(hub, frame)),
      beat: (position) => this.#note(hub, position),
    }
  }

  #positioned(hub: LiveHub, frame: LiveFrame): LiveFrame {
    const { message } = frame
    if (!('position' in message)) return frame
    this.#note(hub, message.position)
    // The frame of a shard is shared by all its subscribers.
    return this.#positions.size === 1 ? frame : new LiveFrame({ ...message, position: this.#position })
  }

  #note(hub: LiveHub, position: string): void {
    this.#positions.delete(hub)
    this.#positions.set(hub, position)
    // A client that resumes without it gets a resync of this shard's doctors.
    for (const oldest of this.#positions.keys()) if (this.#positions.size > positionsMax) this.#positions.delete(oldest)
  }

  get #position(): string {
    return [...this.#positions.values()].join()
  }
}
