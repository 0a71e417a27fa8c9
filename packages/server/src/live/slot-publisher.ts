import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LiveReads, LiveSlot } from '@holdfast/engine'
import { Pacing } from '../calendar/pacing.ts'
import type { Logger } from '../observe/logger.ts'
import type { DoctorFeed, FeedChanges } from './doctor-feed.ts'
import type { LiveFigures } from './live-figures.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveSubscriber } from './live-subscriber.ts'
import { SlowSubscribers } from './slow-subscribers.ts'

export type SlotPublisherDeps = {
  reads: Pick<LiveReads, 'slots'>
  settings: LiveSettings
  log: Logger
  figures: LiveFigures
  /** All transactions below it have been received. */
  horizon: bigint
}

/** Slots per read of availability. Catching up uses at most half of them. */
const slotsPerReadMax = 5_000
/** Messages sent before yielding to the event loop. */
const sendsPerTurnMax = 200
const retryMsMin = 250
const retryMsMax = 5_000

type Taken = { feed: DoctorFeed; changes: FeedChanges }
type CatchingUp = { subscriber: LiveSubscriber; catchUp: ReadonlyMap<string, readonly string[]> }

/**
 * Reads changed slots and sends them to subscribers. One read at a time covers all doctors that are due, and each
 * doctor's message is serialised once. If the read fails, the changes stay queued and the read is retried.
 *
 * `resumePosition` is a position from which a client can safely resume: it lies before every change that has not been
 * sent to all subscribers yet. So a message about one doctor never skips a pending message about another.
 */
export class SlotPublisher {
  readonly #deps: SlotPublisherDeps
  readonly #slow: SlowSubscribers
  readonly #changed = new Set<DoctorFeed>()
  readonly #catchingUp = new Set<LiveSubscriber>()
  readonly #pacing = new Pacing()
  #horizon: bigint
  /** The oldest position among the changes that are being published. */
  #publishingAt: bigint | null = null
  #publishing: Promise<void> | null = null
  #nextReadAtMs = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(deps: SlotPublisherDeps) {
    this.#deps = deps
    this.#horizon = deps.horizon
    this.#slow = new SlowSubscribers({
      ...deps.settings,
      position: () => String(this.resumePosition),
      onResync: () => {
        deps.figures.resyncs += 1
        deps.figures.messages += 1
      },
    })
  }

  get horizon(): bigint {
    return this.#horizon
  }

  get resumePosition(): bigint {
    const unpublished = this.#oldestUnpublished()
    return (this.#publishingAt !== null && this.#publishingAt < unpublished ? this.#publishingAt : unpublished) - 1n
  }

  /** All transactions below the horizon have been received and are among the changes. */
  advance(horizon: bigint): void {
    if (horizon > this.#horizon) this.#horizon = horizon
    this.#arm()
  }

  /** Publishes a feed's changes when it is due. Under load most calls find the feed already scheduled. */
  publish(feed: DoctorFeed): void {
    if (this.#changed.has(feed)) return
    this.#changed.add(feed)
    this.#arm()
  }

  /** Sends the subscriber's `catchUp` before anything else. */
  catchUp(subscriber: LiveSubscriber): void {
    this.#catchingUp.add(subscriber)
    this.#arm()
  }

  /** The subscriber has missed a message. */
  fallBehind(subscriber: LiveSubscriber): void {
    this.#slow.add(subscriber)
  }

  removeFeed(feed: DoctorFeed): void {
    this.#changed.delete(feed)
  }

  removeSubscriber(subscriber: LiveSubscriber): void {
    this.#catchingUp.delete(subscriber)
    this.#slow.delete(subscriber)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#slow.stop()
    await this.#publishing
  }

  /** The oldest position among changes whose publishing has not begun; without any, the horizon. */
  #oldestUnpublished(): bigint {
    let oldest = this.#horizon
    for (const { changedAt } of this.#changed) if (changedAt !== null && changedAt < oldest) oldest = changedAt
    return oldest
  }

  #arm(): void {
    if (this.#publishing !== null || this.#isStopped) return
    let atMs = this.#catchingUp.size > 0 ? 0 : Number.POSITIVE_INFINITY
    for (const { nextMessageAtMs } of this.#changed) if (nextMessageAtMs < atMs) atMs = nextMessageAtMs
    if (atMs === Number.POSITIVE_INFINITY) return
    clearTimeout(this.#timer)
    const inMs = Math.ceil(Math.max(atMs, this.#nextReadAtMs) - performance.now())
    if (inMs <= 0) this.#start()
    else this.#timer = setTimeout(() => this.#start(), inMs)
  }

  #start(): void {
    this.#publishing = this.#publishOnce()
      .then(() => {
        this.#failures = 0
      })
      .catch((error: unknown) => {
        if (this.#failures === 0) this.#deps.log.warn({ err: error }, 'live updates cannot read the changed slots')
        const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** this.#failures)
        this.#failures += 1
        this.#nextReadAtMs = performance.now() + pauseMs * (0.5 + Math.random() / 2)
      })
      .finally(() => {
        this.#publishing = null
        this.#publishingAt = null
        this.#arm()
      })
  }

  async #publishOnce(): Promise<void> {
    // Changes from the same turn of the event loop are published together.
    await null
    const now = performance.now()
    this.#nextReadAtMs = now + this.#deps.settings.readMs * this.#pacing.stretch
    const slotIds = new Set<string>()
    const catchingUp = this.#takeCatchingUp(slotIds)
    const taken = this.#takeChanges(slotIds, now)
    const slots = new Map<string, LiveSlot>()
    try {
      if (slotIds.size > 0) for (const slot of await this.#deps.reads.slots([...slotIds])) slots.set(slot.id, slot)
    } catch (error) {
      for (const { feed, changes } of taken) {
        feed.restoreChanges(changes)
        if (feed.isWatched) this.#changed.add(feed)
      }
      throw error
    }
    const position = String(this.#oldestUnpublished() - 1n)
    for (const one of catchingUp) this.#sendCatchUp(one, slots, position)
    for (const { feed, changes } of taken) await this.#publishFeed(feed, changes, slots, position)
  }

  #takeCatchingUp(slotIds: Set<string>): CatchingUp[] {
    const catchingUp: CatchingUp[] = []
    for (const subscriber of this.#catchingUp) {
      const { catchUp } = subscriber
      if (catchUp === null) continue
      if (slotIds.size < slotsPerReadMax / 2) {
        for (const ids of catchUp.values()) for (const slotId of ids) slotIds.add(slotId)
        catchingUp.push({ subscriber, catchUp })
      } else {
        // Too many resume at once: these get a resync instead.
        for (const doctorId of catchUp.keys()) subscriber.addMissed(doctorId)
        this.#caughtUp(subscriber)
      }
    }
    return catchingUp
  }

  #takeChanges(slotIds: Set<string>, now: number): Taken[] {
    const taken: Taken[] = []
    for (const feed of this.#changed) {
      if (feed.nextMessageAtMs > now) continue
      if (taken.length > 0 && slotIds.size + feed.changedSlots > slotsPerReadMax) continue
      this.#changed.delete(feed)
      const changes = feed.takeChanges()
      if (changes === null) continue
      for (const slotId of changes.slots.keys()) slotIds.add(slotId)
      if (this.#publishingAt === null || changes.at < this.#publishingAt) this.#publishingAt = changes.at
      taken.push({ feed, changes })
    }
    return taken
  }

  #sendCatchUp({ subscriber, catchUp }: CatchingUp, slots: ReadonlyMap<string, LiveSlot>, position: string): void {
    if (subscriber.isClosed) return
    for (const [doctorId, slotIds] of catchUp) {
      if (!subscriber.doctorIds.has(doctorId)) continue
      const items = itemsOf(slotIds, slots)
      if (items.length === 0) continue
      subscriber.transport.send(new LiveFrame({ type: 'slots', doctorId, items, position }))
      this.#deps.figures.messages += 1
    }
    this.#caughtUp(subscriber)
  }

  #caughtUp(subscriber: LiveSubscriber): void {
    subscriber.catchUp = null
    this.#catchingUp.delete(subscriber)
    if (subscriber.hasMissed) this.#slow.add(subscriber)
  }

  async #publishFeed(
    feed: DoctorFeed,
    changes: FeedChanges,
    slots: ReadonlyMap<string, LiveSlot>,
    position: string,
  ): Promise<void> {
    const { doctorId, subscribers } = feed
    const changed: string[] = []
    for (const [slotId, cause] of changes.slots) {
      const slot = slots.get(slotId)
      if (slot !== undefined && feed.noteRead(slot, cause)) changed.push(slotId)
    }
    const frames: LiveFrame[] = []
    if (changed.length > 0) {
      frames.push(new LiveFrame({ type: 'slots', doctorId, items: itemsOf(changed, slots), position }))
    }
    if (changes.isResync) frames.push(new LiveFrame({ type: 'resync', doctorIds: [doctorId], position }))
    const { messageMs, messageMicrosecondsPerWatcher } = this.#deps.settings
    const pauseMs = Math.max(messageMs, (subscribers.size * messageMicrosecondsPerWatcher) / 1_000)
    if (frames.length > 0) {
      feed.nextMessageAtMs = performance.now() + frames.length * pauseMs * this.#pacing.stretch
    }
    for (const frame of frames) await this.#sendToAll(feed, frame)
  }

  async #sendToAll({ doctorId, subscribers }: DoctorFeed, frame: LiveFrame): Promise<void> {
    const { figures } = this.#deps
    let sent = 0
    for (const subscriber of subscribers) {
      if (subscriber.offer(doctorId, frame)) {
        figures.messages += 1
        if (frame.message.type === 'resync') figures.resyncs += 1
      } else {
        figures.dropped += 1
        this.#slow.add(subscriber)
      }
      sent += 1
      if (sent % sendsPerTurnMax === 0) await nextTurn()
    }
  }
}

function itemsOf(
  slotIds: readonly string[],
  slots: ReadonlyMap<string, LiveSlot>,
): { id: string; available: number }[] {
  return slotIds.flatMap((slotId) => {
    const slot = slots.get(slotId)
    return slot === undefined ? [] : [{ id: slot.id, available: slot.available }]
  })
}
