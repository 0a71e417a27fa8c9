import type { LiveSubscriber } from './live-subscriber.ts'

/** Slots per read. If more clients resume at once, the others receive a `resync`. */
const slotsMax = 2_500

export type CatchUpReaderDeps = {
  read(slotIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  position(): string
}

/** Reads the slots that clients missed, one read at a time for all clients that resume. */
export class CatchUpReader {
  readonly #deps: CatchUpReaderDeps
  #waiting = new Set<LiveSubscriber>()
  #isReading = false

  constructor(deps: CatchUpReaderDeps) {
    this.#deps = deps
  }

  add(subscriber: LiveSubscriber): void {
    this.#waiting.add(subscriber)
    if (!this.#isReading) void this.#readAll()
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    while (this.#waiting.size > 0) {
      const subscribers = this.#waiting
      this.#waiting = new Set()
      const slotIds = new Set<string>()
      for (const subscriber of subscribers) {
        if (slotIds.size >= slotsMax) subscriber.catchUp(null, this.#deps.position())
        else for (const slotId of subscriber.missedSlotIds) slotIds.add(slotId)
      }
      // A client whose slots cannot be read receives a resync, and reads its lists as soon as it can.
      const available = await this.#deps.read([...slotIds]).catch(() => null)
      for (const subscriber of subscribers) subscriber.catchUp(available, this.#deps.position())
    }
    this.#isReading = false
  }
}
