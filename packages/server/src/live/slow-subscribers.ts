import { LiveFrame } from './live-frame.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

const checkMs = 100

export type SlowSubscribersDeps = {
  bufferedBytesMax: number
  behindMsMax: number
  position: () => string
  onResync: () => void
}

/**
 * Subscribers that missed messages because they do not read fast enough. Messages are not buffered for them: once
 * they have read what was sent, they receive a `resync` that names the doctors to read again. A subscriber that takes
 * too long is disconnected.
 */
export class SlowSubscribers {
  readonly #deps: SlowSubscribersDeps
  readonly #subscribers = new Set<LiveSubscriber>()
  #timer: NodeJS.Timeout | undefined

  constructor(deps: SlowSubscribersDeps) {
    this.#deps = deps
  }

  add(subscriber: LiveSubscriber): void {
    subscriber.behindSinceMs ??= performance.now()
    this.#subscribers.add(subscriber)
    this.#timer ??= setInterval(() => this.#check(), checkMs).unref()
  }

  delete(subscriber: LiveSubscriber): void {
    this.#subscribers.delete(subscriber)
    if (this.#subscribers.size === 0) this.stop()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #check(): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.catchUp !== null) continue
      if (subscriber.transport.bufferedBytes() > this.#deps.bufferedBytesMax / 4) {
        if (performance.now() - (subscriber.behindSinceMs ?? 0) > this.#deps.behindMsMax) subscriber.transport.destroy()
        continue
      }
      const doctorIds = subscriber.takeMissed()
      this.delete(subscriber)
      if (doctorIds.length === 0) continue
      subscriber.transport.send(new LiveFrame({ type: 'resync', doctorIds, position: this.#deps.position() }))
      this.#deps.onResync()
    }
  }
}
