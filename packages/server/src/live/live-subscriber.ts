import type { LiveFrame } from './live-frame.ts'

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

/** One connection, its subscribed doctors, and what it still has to receive. */
export class LiveSubscriber {
  readonly transport: LiveTransport
  readonly doctorIds = new Set<string>()
  /** Slots that changed while the client was disconnected, by doctor. Sent before anything else. */
  catchUp: Map<string, readonly string[]> | null = null
  isClosed = false
  /** Since when it gets no messages because it does not read fast enough. */
  behindSinceMs: number | null = null
  /** Doctors with messages that were not sent. */
  readonly #missed = new Set<string>()
  readonly #bufferedBytesMax: number

  constructor(transport: LiveTransport, bufferedBytesMax: number) {
    this.transport = transport
    this.#bufferedBytesMax = bufferedBytesMax
  }

  get hasMissed(): boolean {
    return this.#missed.size > 0
  }

  get isFull(): boolean {
    return this.transport.bufferedBytes() > this.#bufferedBytesMax
  }

  /** @returns whether the frame was sent. A slow or resuming subscriber gets a `resync` later instead. */
  offer(doctorId: string, frame: LiveFrame): boolean {
    if (this.isClosed) return true
    if (this.catchUp !== null) {
      // The slots of a doctor's catch-up are read later, so they include this change.
      if (!this.catchUp.has(doctorId)) this.#missed.add(doctorId)
      return this.catchUp.has(doctorId)
    }
    if (this.hasMissed || this.isFull) {
      this.#missed.add(doctorId)
      return false
    }
    this.transport.send(frame)
    return true
  }

  addMissed(doctorId: string): void {
    this.#missed.add(doctorId)
  }

  /** Returns the doctors to read again and clears them. Call it when the `resync` can be sent. */
  takeMissed(): string[] {
    const missed = [...this.#missed].filter((doctorId) => this.doctorIds.has(doctorId))
    this.#missed.clear()
    this.behindSinceMs = null
    return missed
  }
}
