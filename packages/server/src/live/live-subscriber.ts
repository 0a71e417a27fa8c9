import type { LiveFrame } from './live-frame.ts'

/** A way to one client. Nothing here waits. */
export type LiveTransport = {
  kind: 'socket' | 'events'
  send(frame: LiveFrame): void
  /** What was sent and the client's side has not taken yet. */
  bufferedBytes(): number
  /** Says farewell. @param code as of a WebSocket: 1001 the server goes, 1008 the client broke a rule */
  end(code: number, reason: string): void
  /** Without farewell. */
  destroy(): void
  /** Asks whether the client still lives; ends the connection when it did not show it since the last time. */
  beat(position: string): void
}

/** One connection, the doctors it follows, and what it has yet to be told. */
export class LiveSubscriber {
  readonly transport: LiveTransport
  readonly doctorIds = new Set<string>()
  /** Slots that changed while the client was away, by doctor; told before anything else is. */
  catchUp: Map<string, readonly string[]> | null = null
  isClosed = false
  /** Since when it is told nothing because it does not read. */
  behindSinceMs: number | null = null
  /** Doctors of whom something was not told. */
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

  /** @returns whether it was sent: who is behind, or catching up, will be told to read again instead */
  tell(doctorId: string, frame: LiveFrame): boolean {
    if (this.isClosed) return true
    if (this.catchUp !== null) {
      // What a doctor's catching up tells is read after this, and so includes it.
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

  miss(doctorId: string): void {
    this.#missed.add(doctorId)
  }

  /** The doctors to read again, once there is room to say so; it is up to date then. */
  takeMissed(): string[] {
    const missed = [...this.#missed].filter((doctorId) => this.doctorIds.has(doctorId))
    this.#missed.clear()
    this.behindSinceMs = null
    return missed
  }
}
