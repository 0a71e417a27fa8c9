import type { LiveSubscriber } from './live-subscriber.ts'

const checkMs = 100

export type SlowSubscribersDeps = { behindMsMax: number; position: () => string }

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
    this.#subscribers.add(subscriber)
    this.#timer ??= setInterval(() => this.#check(), checkMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #check(): void {
    const position = this.#deps.position()
    for (const subscriber of this.#subscribers) {
      if (!subscriber.recover(position, this.#deps.behindMsMax)) this.#subscribers.delete(subscriber)
    }
    if (this.#subscribers.size === 0) this.stop()
  }
}
