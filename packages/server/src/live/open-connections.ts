import pTimeout from 'p-timeout'
import { type LiveFigures, noFigures } from '../observe/live-figures.ts'
import type { LiveTransport } from './live-subscriber.ts'

/** How long connections may take to close when the server stops, and the reason that they get. */
const endMsMax = 2_000
const stopReason = 'This server is stopping: connect again.'

/** The open connections of a hub, each with the timer of its heartbeat. */
export class OpenConnections<Connection extends { readonly transport: LiveTransport }> {
  readonly #heartbeatMs: number
  readonly #timers = new Map<Connection, NodeJS.Timeout | undefined>()
  readonly #counts = noFigures().connections
  readonly #emptied = Promise.withResolvers<void>()
  #isEnding = false

  constructor(heartbeatMs: number) {
    this.#heartbeatMs = heartbeatMs
  }

  /** How many there are, by the kind of their transport. The same object is updated with every connection. */
  get counts(): LiveFigures['connections'] {
    return this.#counts
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  /** Bytes sent that have not been read yet, over all connections. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { transport } of this.#timers.keys()) bytes += transport.bufferedBytes()
    return bytes
  }

  /** @param beat sends a heartbeat; null: the caller does */
  add(connection: Connection, beat: (() => void) | null): void {
    // Not all at the same time, even if all clients have connected when the server started.
    const heartbeatMs = this.#heartbeatMs * (0.8 + 0.2 * Math.random())
    this.#timers.set(connection, beat === null ? undefined : setInterval(beat, heartbeatMs).unref())
    this.#counts[connection.transport.kind] += 1
  }

  [Symbol.iterator](): Iterator<Connection> {
    return [...this.#timers.keys()].values()
  }

  /** @returns whether it was open */
  delete(connection: Connection): boolean {
    clearInterval(this.#timers.get(connection))
    if (!this.#timers.delete(connection)) return false
    this.#counts[connection.transport.kind] -= 1
    if (this.#isEnding && this.#timers.size === 0) this.#emptied.resolve()
    return true
  }

  /** Closes every connection with 1001. {@link ended} destroys those that do not close in time. */
  end(): void {
    this.#isEnding = true
    for (const { transport } of this.#timers.keys()) transport.end(1001, stopReason)
    if (this.#timers.size === 0) this.#emptied.resolve()
  }

  /** Waits until all connections are deleted and `others` are done, but only for a time. Then it destroys the rest. */
  async ended(others: readonly Promise<void>[]): Promise<void> {
    await pTimeout(Promise.all([this.#emptied.promise, ...others]), { milliseconds: endMsMax, message: false })
    for (const { transport } of [...this.#timers.keys()]) transport.destroy()
  }
}
