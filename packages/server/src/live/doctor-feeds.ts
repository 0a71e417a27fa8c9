import { setImmediate as nextTurn } from 'node:timers/promises'
import { Pacing } from '../calendar/pacing.ts'
import { type ChangesMessage, LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

export type DoctorFeedsDeps = {
  settings: Pick<LiveSettings, 'messageMs' | 'messageMicrosecondsPerWatcher'>
  /** Lies before every change that has not been noted yet. */
  emittedBefore: () => bigint
  /** The position of a transaction of the current epoch, as clients get it. */
  positionText: (transaction: bigint) => string
  /** A message was not sent, because the subscriber is behind. */
  onDropped: (subscriber: LiveSubscriber) => void
}

/** `at`: the position of the first change. */
type Changes = { available: Map<string, number>; isResync: boolean; at: bigint }

/** A doctor with subscribers. `changes` have not been sent to them. */
type Feed = {
  doctorId: string
  subscribers: Set<LiveSubscriber>
  changes: Changes | null
  /** The earliest time of the next message, by the monotonic clock. */
  nextMessageAtMs: number
}

/** If more slots of a doctor than this changed, subscribers get a resync instead. */
const changedMax = 1_000
/** Messages sent before yielding to the event loop. */
const sendsPerTurnMax = 200

/** Sends the changes of doctors to their subscribers, not more often than the settings allow. */
export class DoctorFeeds {
  readonly #deps: DoctorFeedsDeps
  readonly #pacing = new Pacing()
  readonly #feeds = new Map<string, Feed>()
  /** The feeds with changes. */
  readonly #changed = new Set<Feed>()
  /** The oldest position among the changes that are being sent. */
  #sendingAt: bigint | null = null
  #sending: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(deps: DoctorFeedsDeps) {
    this.#deps = deps
  }

  /**
   * A position from which a client can resume: it lies before every change that has not been sent to all subscribers.
   * So a message about one doctor never skips a pending message about another.
   */
  get resumePosition(): string {
    const unsentAt = this.#unsentAt()
    const oldest = this.#sendingAt !== null && this.#sendingAt < unsentAt ? this.#sendingAt : unsentAt
    return this.#deps.positionText(oldest - 1n)
  }

  subscribe(doctorId: string, subscriber: LiveSubscriber): void {
    const create = (): Feed => ({ doctorId, subscribers: new Set(), changes: null, nextMessageAtMs: 0 })
    this.#feeds.getOrInsertComputed(doctorId, create).subscribers.add(subscriber)
  }

  unsubscribe(doctorId: string, subscriber: LiveSubscriber): void {
    const feed = this.#feeds.get(doctorId)
    feed?.subscribers.delete(subscriber)
    if (feed?.subscribers.size !== 0) return
    this.#feeds.delete(doctorId)
    this.#changed.delete(feed)
  }

  noteSlot(doctorId: string, slotId: string, available: number, at: bigint): void {
    this.#note(doctorId, at, (changes) => {
      changes.available.set(slotId, available)
      if (changes.available.size <= changedMax) return
      changes.available.clear()
      changes.isResync = true
    })
  }

  /** The doctor's lists have to be read again. */
  noteResync(doctorId: string, at: bigint): void {
    this.#note(doctorId, at, (changes) => {
      changes.isResync = true
    })
  }

  noteResyncOfAll(at: bigint): void {
    for (const doctorId of this.#feeds.keys()) this.noteResync(doctorId, at)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#sending
  }

  #note(doctorId: string, at: bigint, note: (changes: Changes) => void): void {
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    feed.changes ??= { available: new Map(), isResync: false, at }
    if (at < feed.changes.at) feed.changes.at = at
    note(feed.changes)
    // Under load most calls find the feed already scheduled.
    if (this.#changed.has(feed)) return
    this.#changed.add(feed)
    this.#arm()
  }

  /** The oldest position among the changes whose sending has not begun. */
  #unsentAt(): bigint {
    let oldest = this.#deps.emittedBefore()
    for (const { changes } of this.#changed) if (changes !== null && changes.at < oldest) oldest = changes.at
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
    const due = new Map<Feed, Changes>()
    for (const feed of this.#changed) {
      if (feed.nextMessageAtMs > now) continue
      this.#changed.delete(feed)
      if (feed.changes === null) continue
      due.set(feed, feed.changes)
      this.#pause(feed, Number(feed.changes.isResync) + Number(feed.changes.available.size > 0))
      if (this.#sendingAt === null || feed.changes.at < this.#sendingAt) this.#sendingAt = feed.changes.at
      feed.changes = null
    }
    const positions = { before: this.resumePosition, after: this.#deps.positionText(this.#unsentAt() - 1n) }
    let sent = 0
    for (const [subscriber, frame] of messagesOf(due, positions)) {
      if (!subscriber.offer(frame)) this.#deps.onDropped(subscriber)
      sent += 1
      if (sent % sendsPerTurnMax === 0) await nextTurn()
    }
  }

  /** @param messages how many are sent now */
  #pause(feed: Feed, messages: number): void {
    const { messageMs, messageMicrosecondsPerWatcher } = this.#deps.settings
    const pauseMs = Math.max(messageMs, (feed.subscribers.size * messageMicrosecondsPerWatcher) / 1_000)
    feed.nextMessageAtMs = performance.now() + messages * pauseMs * this.#pacing.stretch
  }
}

/**
 * The messages about these changes. Only the last one to each subscriber has the position `after` them: a client that
 * loses its connection before it has received all of them resumes from the position `before`. A `resync` is the last
 * one, because the lists that it asks for are read at its position.
 */
function* messagesOf(
  due: ReadonlyMap<Feed, Changes>,
  { before, after }: { before: string; after: string },
): Generator<[LiveSubscriber, LiveFrame<ChangesMessage>]> {
  const unsent = new Set(Array.from(due.keys(), ({ doctorId }) => doctorId))
  for (const [{ doctorId, subscribers }, { available, isResync }] of due) {
    if (!isResync) unsent.delete(doctorId)
    if (available.size === 0) continue
    const items = Array.from(available, ([id, units]) => ({ id, available: units }))
    const early = new LiveFrame({ type: 'slots' as const, doctorId, items, position: before })
    const last = new LiveFrame({ type: 'slots' as const, doctorId, items, position: after })
    for (const subscriber of subscribers) {
      yield [subscriber, unsent.isDisjointFrom(subscriber.doctorIds) ? last : early]
    }
  }
  const resynced = new Set<LiveSubscriber>()
  for (const { doctorId, subscribers } of due.keys()) {
    if (!unsent.has(doctorId)) continue
    for (const subscriber of subscribers) {
      if (resynced.has(subscriber)) continue
      resynced.add(subscriber)
      const doctorIds = [...unsent.intersection(subscriber.doctorIds)]
      yield [subscriber, new LiveFrame({ type: 'resync', doctorIds, position: after })]
    }
  }
}
