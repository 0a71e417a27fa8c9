import { setImmediate as nextTurn } from 'node:timers/promises'
import { Pacing } from '../calendar/pacing.ts'
import type { DoctorFeed, FeedChanges } from './doctor-feed.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

export type FeedPublisherDeps = {
  settings: Pick<LiveSettings, 'messageMs' | 'messageMicrosecondsPerWatcher'>
  /** Lies before every change that has not been noted in a feed yet. */
  settledBefore: () => bigint
  /** A message was not sent, because the subscriber is behind. */
  onDropped: (subscriber: LiveSubscriber) => void
}

/** Messages sent before yielding to the event loop. */
const sendsPerTurnMax = 200

/** Sends the changes of feeds to their subscribers, not more often than the settings allow. */
export class FeedPublisher {
  readonly #deps: FeedPublisherDeps
  readonly #pacing = new Pacing()
  readonly #changed = new Set<DoctorFeed>()
  /** The oldest position among the changes that are being sent. */
  #sendingAt: bigint | null = null
  #sending: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(deps: FeedPublisherDeps) {
    this.#deps = deps
  }

  /**
   * A position from which a client can resume: it lies before every change that has not been sent to all subscribers.
   * So a message about one doctor never skips a pending message about another.
   */
  get resumePosition(): string {
    const unsentAt = this.#unsentAt()
    return String((this.#sendingAt !== null && this.#sendingAt < unsentAt ? this.#sendingAt : unsentAt) - 1n)
  }

  /** Sends the feed's changes when they are due. Under load most calls find the feed already scheduled. */
  publish(feed: DoctorFeed): void {
    if (this.#changed.has(feed)) return
    this.#changed.add(feed)
    this.#arm()
  }

  delete(feed: DoctorFeed): void {
    this.#changed.delete(feed)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#sending
  }

  /** The oldest position among the changes whose sending has not begun. */
  #unsentAt(): bigint {
    let oldest = this.#deps.settledBefore()
    for (const { changedAt } of this.#changed) if (changedAt !== null && changedAt < oldest) oldest = changedAt
    return oldest
  }

  #arm(): void {
    if (this.#sending !== null || this.#isStopped || this.#changed.size === 0) return
    let atMs = Number.POSITIVE_INFINITY
    for (const { nextMessageAtMs } of this.#changed) if (nextMessageAtMs < atMs) atMs = nextMessageAtMs
    clearTimeout(this.#timer)
    const inMs = Math.ceil(atMs - performance.now())
    if (inMs <= 0) this.#start()
    else this.#timer = setTimeout(() => this.#start(), inMs)
  }

  #start(): void {
    this.#sending = this.#sendDue().finally(() => {
      this.#sending = null
      this.#sendingAt = null
      this.#arm()
    })
  }

  async #sendDue(): Promise<void> {
    // Changes from the same turn of the event loop are sent together.
    await null
    const now = performance.now()
    const due: { feed: DoctorFeed; changes: FeedChanges }[] = []
    for (const feed of this.#changed) {
      if (feed.nextMessageAtMs > now) continue
      this.#changed.delete(feed)
      const changes = feed.takeChanges()
      if (changes === null) continue
      due.push({ feed, changes })
      if (this.#sendingAt === null || changes.at < this.#sendingAt) this.#sendingAt = changes.at
    }
    const position = String(this.#unsentAt() - 1n)
    for (const { feed, changes } of due) await this.#sendChanges(feed, changes, position)
  }

  async #sendChanges(feed: DoctorFeed, changes: FeedChanges, position: string): Promise<void> {
    const { doctorId, subscribers } = feed
    const frames: LiveFrame[] = []
    // First: a client that loses its connection between the two must not miss it.
    if (changes.isResync) frames.push(new LiveFrame({ type: 'resync', doctorIds: [doctorId], position }))
    if (changes.available.size > 0) {
      const items = Array.from(changes.available, ([id, available]) => ({ id, available }))
      frames.push(new LiveFrame({ type: 'slots', doctorId, items, position }))
    }
    const { messageMs, messageMicrosecondsPerWatcher } = this.#deps.settings
    const pauseMs = Math.max(messageMs, (subscribers.size * messageMicrosecondsPerWatcher) / 1_000)
    feed.pauseUntil(performance.now() + frames.length * pauseMs * this.#pacing.stretch)
    let sent = 0
    for (const frame of frames) {
      for (const subscriber of subscribers) {
        if (!subscriber.offer(doctorId, frame)) this.#deps.onDropped(subscriber)
        sent += 1
        if (sent % sendsPerTurnMax === 0) await nextTurn()
      }
    }
  }
}
