import { LiveFrame } from './live-frame.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

const checkMs = 100

export type BehindListDeps = {
  bufferedBytesMax: number
  behindMsMax: number
  position: () => string
  onResync: () => void
}

/**
 * Connections that were not told something because they do not read fast enough. Nothing is kept for them: when they
 * have read what they were sent, they are told which doctors to read again. Who takes too long is cut off.
 */
export class BehindList {
  readonly #deps: BehindListDeps
  readonly #subscribers = new Set<LiveSubscriber>()
  #timer: NodeJS.Timeout | undefined

  constructor(deps: BehindListDeps) {
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
